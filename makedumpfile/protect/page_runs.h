// SPDX-License-Identifier: GPL-2.0-or-later
// A set of pages as runs, put together in any order within bounded memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/units.h"

namespace kdump {

class PageRuns {
 public:
  // Runs kept at most: 4 MiB of them. A machine has some hundreds; tens of thousands with much module memory
  // in single pages, more only when the vmemmap of very many hugetlb pages is optimised away page by page.
  static constexpr size_t kMaxRuns = size_t{1} << 18;

  void add(PfnRange pages);
  // More runs came than are kept: some pages are missing in the set.
  [[nodiscard]] bool full() const { return full_; }
  // The set, without the pages that are not in `existing` (ascending, disjoint): ascending, disjoint, no run
  // touching the next.
  std::vector<PfnRange> take(std::span<const PfnRange> existing);

 private:
  std::vector<PfnRange> runs_;
  bool full_ = false;
};

// Pages in ranges that are disjoint.
uint64_t count_pages(std::span<const PfnRange> ranges);

}  // namespace kdump
