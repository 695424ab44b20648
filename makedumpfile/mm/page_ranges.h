// SPDX-License-Identifier: GPL-2.0-or-later
// Ranges of pages in ascending order, and which of them matter for a window.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "common/units.h"
#include "makedumpfile/mm/mem_map.h"

namespace kdump {

inline PfnRange pages_of(const PfnRange& range) { return range; }
inline PfnRange pages_of(const MemMapRange& range) { return range.pages; }

inline PfnRange intersection(PfnRange a, PfnRange b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// Takes `next` into `last` where they overlap or touch, and `last` begins first; whether it did.
inline bool extend(PfnRange& last, PfnRange next) {
  if (next.begin < last.begin || next.begin > last.end) return false;
  last.end = std::max(last.end, next.end);
  return true;
}

// Makes ranges in any order ascending and disjoint.
inline void sort_and_join(std::vector<PfnRange>& ranges) {
  std::ranges::sort(ranges, {}, &PfnRange::begin);
  size_t kept = 0;
  for (const PfnRange& range : ranges)
    if (kept == 0 || !extend(ranges[kept - 1], range)) ranges[kept++] = range;
  ranges.resize(kept);
}

// The ranges of `sorted` (ascending, disjoint) that overlap `window`.
template <typename T>
std::span<const T> overlapping(std::span<const T> sorted, PfnRange window) {
  const auto first =
      std::ranges::upper_bound(sorted, window.begin, {}, [](const T& r) { return pages_of(r).end; });
  const auto last = std::ranges::lower_bound(first, sorted.end(), window.end, {},
                                             [](const T& r) { return pages_of(r).begin; });
  return {first, last};
}

}  // namespace kdump
