// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/protect/page_runs.h"

#include <algorithm>

#include "makedumpfile/mm/page_ranges.h"

namespace kdump {

void PageRuns::add(PfnRange pages) {
  if (pages.empty() || (!runs_.empty() && extend(runs_.back(), pages))) return;
  if (runs_.size() == kMaxRuns && !full_) {
    sort_and_join(runs_);
    // Merging again for a few places would take for ever.
    full_ = runs_.size() > kMaxRuns / 8 * 7;
  }
  if (!full_) runs_.push_back(pages);
}

std::vector<PfnRange> PageRuns::take(std::span<const PfnRange> existing) {
  sort_and_join(runs_);
  std::vector<PfnRange> taken;
  auto memory = existing.begin();
  for (const PfnRange& run : runs_) {
    while (memory != existing.end() && memory->end <= run.begin) ++memory;
    for (auto part = memory; part != existing.end() && part->begin < run.end; ++part)
      taken.push_back({std::max(run.begin, part->begin), std::min(run.end, part->end)});
  }
  runs_ = {};
  return taken;
}

uint64_t count_pages(std::span<const PfnRange> ranges) {
  uint64_t pages = 0;
  for (const PfnRange& range : ranges) pages += range.size();
  return pages;
}

}  // namespace kdump
