// SPDX-License-Identifier: GPL-2.0-or-later
// Which physical memory a dump holds, and where in its file.
#pragma once

#include <optional>
#include <vector>

#include "common/units.h"

namespace kdump {

// A stretch of physical memory whose bytes lie together in the file (a PT_LOAD with p_filesz bytes of data).
struct MemorySegment {
  PhysRange range;
  uint64_t file_offset = 0;  // bytes
};

// Segments sorted by address, overlaps removed (the kernel image lies in two PT_LOADs with the same data).
class MemoryMap {
 public:
  MemoryMap() = default;
  explicit MemoryMap(std::vector<MemorySegment> segments);

  [[nodiscard]] const std::vector<MemorySegment>& segments() const { return segments_; }
  // The segment that holds `addr`, nullptr when none does. Binary search.
  [[nodiscard]] const MemorySegment* find(PhysAddr addr) const;
  // The first segment that ends after `addr`: the one that holds it or the next one up; nullptr when none
  // does.
  [[nodiscard]] const MemorySegment* find_from(PhysAddr addr) const;
  // Page ranges with data: a page counts when any byte of it is in a segment.
  [[nodiscard]] std::vector<PfnRange> pages(unsigned page_shift) const;
  // The same of those in `window`.
  [[nodiscard]] std::vector<PfnRange> pages(PfnRange window, unsigned page_shift) const;
  // One past the highest page frame with data; 0 for an empty map. The formats call it max_mapnr.
  [[nodiscard]] Pfn max_pfn(unsigned page_shift) const;

 private:
  std::vector<MemorySegment> segments_;
};

}  // namespace kdump
