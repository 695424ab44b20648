// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/protect/page_runs.h"

#include <gmock/gmock.h>

namespace kdump {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PfnRange run(uint64_t begin, uint64_t end) { return {Pfn(begin), Pfn(end)}; }

const PfnRange kEverything[] = {run(0, uint64_t{1} << 40)};

TEST(PageRuns, MergesWhatOverlapsAndTouchesInAnyOrder) {
  PageRuns runs;
  for (const PfnRange& added : {run(30, 40), run(10, 20), run(20, 21), run(12, 15), run(39, 45), run(5, 5)})
    runs.add(added);
  EXPECT_THAT(runs.take(kEverything), ElementsAre(run(10, 21), run(30, 45)));
  EXPECT_THAT(runs.take(kEverything), IsEmpty());
}

TEST(PageRuns, TakesOnlyPagesThatTheDumpHas) {
  PageRuns runs;
  for (const PfnRange& added : {run(0, 12), run(18, 35), run(50, 60), run(95, 300)}) runs.add(added);
  const PfnRange existing[] = {run(10, 20), run(30, 40), run(100, 200)};
  EXPECT_THAT(runs.take(existing), ElementsAre(run(10, 12), run(18, 20), run(30, 35), run(100, 200)));
}

TEST(PageRuns, ManyRunsOfOneStretchAreNotTooMany) {
  PageRuns runs;
  constexpr uint64_t kPages = PageRuns::kMaxRuns * 3;
  for (uint64_t pfn = kPages; pfn-- > 0;) runs.add(run(pfn, pfn + 1));
  EXPECT_FALSE(runs.full());
  EXPECT_THAT(runs.take(kEverything), ElementsAre(run(0, kPages)));
}

TEST(PageRuns, SaysWhenItIsFull) {
  PageRuns runs;
  for (uint64_t i = 0; i < PageRuns::kMaxRuns; ++i) runs.add(run(i * 2, i * 2 + 1));
  EXPECT_FALSE(runs.full());
  runs.add(run(1, 2));
  EXPECT_TRUE(runs.full());
  for (uint64_t i = 0; i < PageRuns::kMaxRuns; ++i)
    runs.add(run(i * 2 + (uint64_t{1} << 30), (uint64_t{1} << 30) + i * 2 + 1));
  EXPECT_EQ(count_pages(runs.take(kEverything)), PageRuns::kMaxRuns);
}

}  // namespace
}  // namespace kdump
