// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/stored_runs.h"

#include <gtest/gtest.h>

#include <vector>

#include "makedumpfile/filter/bitmap.h"

namespace kdump {
namespace {

constexpr uint64_t kWindow = 4096;

class StoredRunsTest : public testing::Test {
 protected:
  // The runs of memory in windows of 4096 pages.
  std::vector<PfnRange> runs(const std::vector<PfnRange>& existing, const std::vector<PfnRange>& kept) {
    constexpr uint64_t kPages = 4 * kWindow;
    runs_.clear();
    for (uint64_t begin = 0; begin < kPages; begin += kWindow) {
      Bitmap exists({Pfn(begin), Pfn(begin + kWindow)});
      Bitmap keeps(exists.window());
      for (const PfnRange& range : existing) exists.set_range(range);
      for (const PfnRange& range : kept) keeps.set_range(range);
      runs_.add_window(Pfn(begin), exists.bytes(), keeps.bytes());
    }
    std::vector<PfnRange> found;
    uint64_t first = 0;
    for (size_t i = 0; i < runs_.count(); ++i) {
      EXPECT_EQ(runs_.run(i).first, first);
      found.push_back(runs_.run(i).pages);
      first += found.back().size();
    }
    EXPECT_EQ(runs_.pages(), first);
    return found;
  }

  static PfnRange range(uint64_t begin, uint64_t end) { return {Pfn(begin), Pfn(end)}; }

  StoredRuns runs_;
};

using Ranges = std::vector<PfnRange>;

TEST_F(StoredRunsTest, AGapOf256PagesEndsARun) {
  const Ranges memory{range(0, 16384)};
  EXPECT_EQ(runs(memory, {range(10, 20), range(275, 300)}), Ranges{range(10, 300)});
  EXPECT_EQ(runs(memory, {range(10, 20), range(276, 300)}), (Ranges{range(10, 20), range(276, 300)}));
}

TEST_F(StoredRunsTest, GoesOnAcrossWindows) {
  const Ranges memory{range(0, 16384)};
  EXPECT_EQ(runs(memory, {range(4000, 4090), range(4200, 8300)}), Ranges{range(4000, 8300)});
  EXPECT_EQ(runs(memory, {range(4000, 4090), range(4346, 8300)}),
            (Ranges{range(4000, 4090), range(4346, 8300)}));
}

TEST_F(StoredRunsTest, NeverBridgesAHole) {
  EXPECT_EQ(runs({range(0, 100), range(101, 16384)}, {range(10, 100), range(101, 200)}),
            (Ranges{range(10, 100), range(101, 200)}));
  EXPECT_EQ(runs({range(0, 4095), range(4097, 16384)}, {range(4000, 4090), range(4100, 4200)}),
            (Ranges{range(4000, 4090), range(4100, 4200)}));
}

TEST_F(StoredRunsTest, FindsTheRunOfAPageOrTheNext) {
  runs({range(0, 16384)}, {range(1000, 1010), range(2000, 2010)});
  EXPECT_EQ(runs_.find_from(Pfn(0)), 0U);
  EXPECT_EQ(runs_.find_from(Pfn(1009)), 0U);
  EXPECT_EQ(runs_.find_from(Pfn(1010)), 1U);
  EXPECT_EQ(runs_.find_from(Pfn(2005)), 1U);
  EXPECT_EQ(runs_.find_from(Pfn(2010)), 2U);
}

TEST_F(StoredRunsTest, NothingKeptIsNoRun) { EXPECT_EQ(runs({range(0, 16384)}, {}), Ranges{}); }

TEST_F(StoredRunsTest, TooManyRunsAreJoinedOverLongerGapsButNotOverHoles) {
  runs_ = StoredRuns(8);
  Ranges kept;
  for (uint64_t begin = 0; begin < 16384; begin += 512) kept.push_back(range(begin, begin + 100));
  const Ranges found = runs({range(0, 5000), range(5001, 16384)}, kept);
  EXPECT_LT(found.size(), 8U);
  // Whatever is kept is in a run, and none has the hole.
  for (const PfnRange& pages : kept) {
    const StoredRun run = runs_.run(runs_.find_from(pages.begin));
    EXPECT_TRUE(run.pages.begin <= pages.begin && pages.end <= run.pages.end) << pages.begin.value();
  }
  for (const PfnRange& run : found) EXPECT_FALSE(run.contains(Pfn(5000)));
}

TEST_F(StoredRunsTest, MemoryInManyPiecesHasAsManyRuns) {
  runs_ = StoredRuns(8);
  Ranges pieces;
  for (uint64_t begin = 0; begin < 16384; begin += 64) pieces.push_back(range(begin, begin + 60));
  EXPECT_EQ(runs(pieces, pieces), pieces);
}

}  // namespace
}  // namespace kdump
