// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/memory_map.h"

#include <algorithm>
#include <utility>

namespace kdump {
namespace {

// Whether both memory and file go on from `last`.
bool follows(const MemorySegment& last, const MemorySegment& segment) {
  return last.range.end == segment.range.begin && last.file_offset + last.range.size() == segment.file_offset;
}

}  // namespace

MemoryMap::MemoryMap(std::vector<MemorySegment> segments) {
  std::ranges::sort(segments, {},
                    [](const MemorySegment& s) { return std::pair(s.range.begin, s.file_offset); });
  PhysAddr covered;
  size_t kept = 0;  // in front: there may be so many that a second list of them does not fit
  for (MemorySegment segment : segments) {
    if (segment.range.begin < covered) {
      segment.file_offset += covered - segment.range.begin;
      segment.range.begin = covered;
    }
    if (segment.range.empty()) continue;
    covered = segment.range.end;
    if (kept != 0 && follows(segments[kept - 1], segment)) {
      segments[kept - 1].range.end = segment.range.end;
    } else {
      segments[kept++] = segment;
    }
  }
  segments.resize(kept);
  segments.shrink_to_fit();
  segments_ = std::move(segments);
}

const MemorySegment* MemoryMap::find(PhysAddr addr) const {
  const MemorySegment* next = find_from(addr);
  return next != nullptr && next->range.contains(addr) ? next : nullptr;
}

const MemorySegment* MemoryMap::find_from(PhysAddr addr) const {
  const auto next =
      std::ranges::upper_bound(segments_, addr, {}, [](const MemorySegment& s) { return s.range.end; });
  return next == segments_.end() ? nullptr : &*next;
}

std::vector<PfnRange> MemoryMap::pages(unsigned page_shift) const {
  return pages({Pfn(), max_pfn(page_shift)}, page_shift);
}

std::vector<PfnRange> MemoryMap::pages(PfnRange window, unsigned page_shift) const {
  std::vector<PfnRange> ranges;
  const auto first = std::ranges::upper_bound(segments_, PhysAddr(window.begin.value() << page_shift), {},
                                              [](const MemorySegment& s) { return s.range.end; });
  for (auto segment = first; segment != segments_.end(); ++segment) {
    const Pfn begin = std::max(Pfn(segment->range.begin.value() >> page_shift), window.begin);
    const Pfn end = std::min(Pfn(((segment->range.end.value() - 1) >> page_shift) + 1), window.end);
    if (begin >= window.end) break;
    if (!ranges.empty() && begin <= ranges.back().end) {
      ranges.back().end = std::max(ranges.back().end, end);
    } else {
      ranges.push_back({begin, end});
    }
  }
  return ranges;
}

Pfn MemoryMap::max_pfn(unsigned page_shift) const {
  if (segments_.empty()) return Pfn(0);
  return Pfn(((segments_.back().range.end.value() - 1) >> page_shift) + 1);
}

}  // namespace kdump
