// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/data_extents.h"

#include <algorithm>
#include <span>

namespace kdump {
namespace {

constexpr size_t kMaxExtents = size_t{1} << 17;

}  // namespace

void DataExtents::add(uint64_t offset, uint64_t size) {
  constexpr size_t kOpen = 4;
  const auto last = std::span(extents_).last(std::min(extents_.size(), kOpen));
  if (const auto open = std::ranges::find(last, offset, &Extent::end); open != last.end()) {
    open->end += size;
  } else if (extents_.size() < kMaxExtents) {
    extents_.push_back({offset, offset + size});
  } else {
    overflowed_ = true;
  }
}

std::optional<DataExtents::Extent> DataExtents::overlap() {
  std::ranges::sort(extents_, {}, &Extent::begin);
  uint64_t covered = 0;
  for (const Extent& extent : extents_) {
    if (extent.begin < covered) return Extent{extent.begin, std::min(extent.end, covered)};
    covered = extent.end;
  }
  return std::nullopt;
}

}  // namespace kdump
