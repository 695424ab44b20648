// SPDX-License-Identifier: GPL-2.0-or-later
// Which pages an ELF dump stores: runs of neighbours. A short gap of pages that are left out would cost a
// program header of its own and is bridged: its pages are part of the run.
#pragma once

#include <cstdint>
#include <deque>

#include "common/bytes.h"
#include "common/units.h"

namespace kdump {

struct StoredRun {
  PfnRange pages;
  uint64_t first;  // index of its first page among all stored ones
};

class StoredRuns {
 public:
  // From this many pages on a gap ends a run, as in makedumpfile (PFN_EXCLUDED).
  static constexpr uint64_t kGapPages = 256;
  // 4 MiB. Where memory is in more pieces, longer gaps are bridged, too, until half of the runs are enough.
  static constexpr size_t kMostRuns = size_t{1} << 18;

  explicit StoredRuns(size_t most_runs = kMostRuns) : most_runs_(most_runs) {}

  void clear();
  // The bits of pages from `window` on as filter/bitmap.h has them; windows in ascending order, without gaps.
  // No gap without memory is ever bridged.
  void add_window(Pfn window, Bytes existing, Bytes dumpable);

  [[nodiscard]] size_t count() const { return runs_.size(); }
  [[nodiscard]] StoredRun run(size_t index) const;
  // The first run that ends after `pfn`; count() when none does.
  [[nodiscard]] size_t find_from(Pfn pfn) const;
  // In all runs.
  [[nodiscard]] uint64_t pages() const { return pages_; }

 private:
  struct Run {
    uint64_t begin;
    uint64_t first : 63;
    uint64_t after_hole : 1;  // no memory somewhere between this run and the one before
  };

  void add_pages(uint64_t begin, uint64_t end);
  void bridge_longer_gaps();
  [[nodiscard]] uint64_t end_of(size_t index) const;

  std::deque<Run> runs_;  // without the copies that a vector makes when it grows
  size_t most_runs_;
  uint64_t pages_ = 0;
  uint64_t gap_ = kGapPages;
  uint64_t behind_hole_ = 0;  // one past the last page seen that does not exist
};

}  // namespace kdump
