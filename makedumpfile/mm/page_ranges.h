// SPDX-License-Identifier: GPL-2.0-or-later
// Ranges of pages in ascending order, and which of them matter for a window.
#pragma once

#include <algorithm>
#include <span>

#include "common/units.h"
#include "makedumpfile/mm/mem_map.h"

namespace kdump {

inline PfnRange pages_of(const PfnRange& range) { return range; }
inline PfnRange pages_of(const MemMapRange& range) { return range.pages; }

inline PfnRange intersection(PfnRange a, PfnRange b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
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
