// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/erased_memory.h"

#include <algorithm>

namespace kdump {

Status ErasedMemory::add(PhysRange range, EraseFill fill) {
  Part& part = fill == EraseFill::zero ? zeroed_ : poisoned_;
  part.ranges.push_back(range);
  if (part.ranges.size() < std::max(2 * part.sorted, kMaxRanges / 2)) return {};
  part.merge();
  if (part.ranges.size() <= kMaxRanges) return {};
  return fail(ErrorKind::corrupt, "more than {} places are to be erased", kMaxRanges);
}

void ErasedMemory::finish() {
  poisoned_.merge();
  zeroed_.merge();
}

void ErasedMemory::Part::merge() {
  std::ranges::sort(ranges, {}, &PhysRange::begin);
  std::vector<PhysRange> merged;
  for (const PhysRange& range : ranges) {
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
  sorted = ranges.size();
}

void ErasedMemory::apply(PhysAddr addr, MutableBytes memory) const {
  poisoned_.apply(addr, memory, kPoison);
  zeroed_.apply(addr, memory, std::byte{0});
}

void ErasedMemory::Part::apply(PhysAddr addr, MutableBytes memory, std::byte fill) const {
  const PhysAddr end = addr + memory.size();
  auto at = std::ranges::upper_bound(ranges, addr, {}, &PhysRange::end);
  for (; at != ranges.end() && at->begin < end; ++at) {
    const PhysAddr first = std::max(at->begin, addr);
    const PhysAddr last = std::min(at->end, end);
    std::ranges::fill(memory.subspan(first - addr, last - first), fill);
  }
}

const std::vector<PhysRange>& ErasedMemory::ranges(EraseFill fill) const {
  return fill == EraseFill::zero ? zeroed_.ranges : poisoned_.ranges;
}

uint64_t ErasedMemory::bytes() const {
  uint64_t sum = 0;
  for (const Part* part : {&poisoned_, &zeroed_})
    for (const PhysRange& range : part->ranges) sum += range.size();
  return sum;
}

}  // namespace kdump
