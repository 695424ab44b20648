// SPDX-License-Identifier: GPL-2.0-or-later
// Pages that stay in the dump whatever the dump level and the struct pages say: without them a dump cannot be
// opened or tells nothing, and a mistaken fact about struct page must not cost them. The one exception is the
// filter's: a poisoned page is never read.
//
// They are found from symbols and page tables alone, independent of what the struct pages say, but for the
// kernel image of a kernel whose symbols are not known. On a sound kernel no rule names any of them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/mm/mem_map.h"

namespace kdump {

enum class Protection : uint8_t {
  kernel_image,  // text and data, without what the kernel freed after boot
  per_cpu,       // the first chunk of each CPU's area: static, reserved and first dynamic part
  page_table,    // all that can be reached from init's root
  log_ring,      // descriptors, infos and text
  memory_node,   // struct pglist_data of each node, with its zones; the sections of sparse memory
  stack,         // of the CPUs' current tasks, with their task_struct; and where stack pointers were
  module,        // whatever is mapped where modules are loaded
  vmemmap,       // the struct pages of all memory that has any
};
inline constexpr size_t kProtectionCount = 8;

std::string_view protection_name(Protection protection);  // "kernel image"

class ProtectedPages {
 public:
  // None.
  ProtectedPages() = default;
  // Never fails as a whole: what cannot be found leaves one line in gaps(). `mem_map` as read_mem_map has it.
  // Reads page tables and a few variables: the tables are at most kMaxTables above the last level.
  // `layout`: another than the dump's architecture has.
  static ProtectedPages find(const KernelInfo& kernel, std::span<const MemMapRange> mem_map,
                             const KernelLayout* layout = nullptr);

  // Pages that the dump has data for: ascending, disjoint, at most PageRuns::kMaxRuns (memory: 16 bytes
  // each).
  [[nodiscard]] std::span<const PfnRange> ranges() const { return ranges_; }
  // Those that have pages in `window`; they may reach out of it.
  [[nodiscard]] std::span<const PfnRange> overlapping(PfnRange window) const;
  [[nodiscard]] bool contains(Pfn pfn) const { return !overlapping({pfn, pfn + 1}).empty(); }
  // Whether a debugger needs the page to open a dump at all: every kind but the vmemmap, which is most of
  // them.
  [[nodiscard]] bool is_vital(Pfn pfn) const;
  // How many pages of a kind there are. A page may be of several kinds (the log's, in the kernel image).
  [[nodiscard]] uint64_t pages(Protection protection) const { return pages_[std::to_underlying(protection)]; }
  // How many there are in all.
  [[nodiscard]] uint64_t pages() const;
  // What could not be found and why, one line each, for the user.
  [[nodiscard]] std::span<const std::string> gaps() const { return gaps_; }

 private:
  std::vector<PfnRange> ranges_;
  std::vector<PfnRange> vital_;
  std::array<uint64_t, kProtectionCount> pages_{};
  std::vector<std::string> gaps_;
};

}  // namespace kdump
