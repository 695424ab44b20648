// SPDX-License-Identifier: GPL-2.0-or-later
// What the dead kernel counted itself: the yardstick for what the filter counts. Every counter is optional,
// since each needs facts that a kernel may not tell.
//
// The counters of zones and nodes lag behind: each CPU holds back at most 125 of each (stat_threshold of
// mm/vmstat.c).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

// In pages of the page size.
struct KernelCounters {
  std::optional<uint64_t> free;       // NR_FREE_PAGES of all zones, unaccepted memory included
  std::optional<uint64_t> file;       // NR_FILE_PAGES: page cache, shared memory and swap cache
  std::optional<uint64_t> anonymous;  // the most that anonymous memory can have: mapped, or on the LRU lists
  std::optional<uint64_t> hugetlb;    // nr_huge_pages of all sizes
  std::optional<uint64_t> poisoned;   // num_poisoned_pages
  unsigned cpus = 1;                  // that may hold back counts

  // The counters that could not be read, with the reason, for whoever debugs.
  std::vector<std::string> missing;
};

// Ends for every memory: what a damaged kernel says of nodes, zones and huge page sizes is cut to what
// kernels have.
KernelCounters read_kernel_counters(const KernelInfo& kernel);

// Their sum, or the most that fits: damaged counters add up to anything.
constexpr uint64_t saturated_sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace kdump
