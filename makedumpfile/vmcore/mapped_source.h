// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/vmcore through mappings of a few MiB: a read() of it costs an ioremap and a copy a page, a mapping
// costs that once a window (HATAYAMA 2013: 2 TB filtered in 35 s instead of minutes).
//
// Is a mapping safe? fs/proc/vmcore.c, mmap_vmcore(), enters every page of the range eagerly (remap_pfn_range
// and remap_vmalloc_range), so that no page fault is left that could end in SIGBUS; pages that a hypervisor's
// driver says are no RAM (vmcore_cb, kernel commit cc5f2704c934) are mapped to the zero page at that moment.
// (Only s390 maps lazily, for memory below the HSA's end; should s390 come, it reads.) Memory with an
// uncorrectable error stops the machine however it is read, which is why the filter keeps its pages out at
// every level.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "makedumpfile/vmcore/byte_source.h"

namespace kdump {

class MappedSource final : public ByteSource {
 public:
  static constexpr uint64_t kWindowSize = uint64_t{4} << 20;
  static constexpr size_t kWindows = 8;

  explicit MappedSource(FileSource file) : file_(std::move(file)) {}

  [[nodiscard]] const std::string& name() const override { return file_.name(); }
  [[nodiscard]] uint64_t size() const override { return file_.size(); }
  // Where a window cannot be mapped the bytes are read with pread.
  Status read(uint64_t offset, MutableBytes out) const override;

 private:
  class Window;
  using Shared = std::shared_ptr<const Window>;

  // The mapping of window number `index`, nullptr when the kernel refuses it.
  Shared window(uint64_t index) const;
  Shared find_window(uint64_t index) const;
  Shared map_window(uint64_t index) const;

  FileSource file_;
  mutable std::mutex mutex_;                     // guards the two below
  mutable std::array<Shared, kWindows> recent_;  // most recently used first
  mutable unsigned refused_ = 0;
};

}  // namespace kdump
