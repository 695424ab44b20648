// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/erased_memory.h"

#include <algorithm>

namespace kdump {
namespace {

// Before they are sorted, and those that touch become one: 4 MiB.
constexpr size_t kMostUnmerged = size_t{1} << 18;
static_assert(kMostUnmerged > ErasedMemory::kMaxRanges);

}  // namespace

Status ErasedMemory::add(PhysRange range, EraseFill fill) {
  Part& part = fill == EraseFill::zero ? zeroed_ : poisoned_;
  part.ranges.push_back(range);
  if (count() < kMostUnmerged) return {};
  finish();
  if (count() <= kMaxRanges) return {};
  return fail(ErrorKind::corrupt,
              "more than {} separate places are to be erased: fewer rules at a time (a dump can be filtered "
              "again with the others), or is a list damaged?",
              kMaxRanges);
}

size_t ErasedMemory::count() const { return poisoned_.ranges.size() + zeroed_.ranges.size(); }

void ErasedMemory::finish() {
  poisoned_.merge();
  zeroed_.merge();
}

void ErasedMemory::Part::merge() {
  std::ranges::sort(ranges, {}, &PhysRange::begin);
  size_t merged = 0;
  for (const PhysRange range : ranges) {
    if (merged != 0 && range.begin <= ranges[merged - 1].end) {
      ranges[merged - 1].end = std::max(ranges[merged - 1].end, range.end);
    } else {
      ranges[merged++] = range;
    }
  }
  ranges.resize(merged);
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
