// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/divide_pages.h"

#include <gtest/gtest.h>

namespace kdump {
namespace {

constexpr uint64_t kWindow = PageFilter::kWindowPages;

class DividePagesTest : public testing::Test {
 protected:
  // Memory of `pages`, of which those of `dumpable` are dumped, in `parts`.
  std::vector<PartPages> divide(uint64_t pages, const std::vector<PfnRange>& dumpable, size_t parts,
                                uint64_t block) {
    const Pfn max_pfn(pages);
    const auto classify = [&](Pfn window) -> Result<WindowResult> {
      const PfnRange range{window, std::min(window + kWindow, max_pfn)};
      WindowResult result{Bitmap(range), Bitmap(range), {}};
      for (const PfnRange& some : dumpable) result.dumpable.set_range(some);
      return result;
    };
    WindowScan scan(classify, max_pfn, 2);
    uint64_t total = 0;
    EXPECT_TRUE(scan.first_pass([&](const WindowResult& window) -> Status {
      total += window.dumpable.count();
      return {};
    }));
    const auto divided = divide_pages(scan.pass(), max_pfn, total, parts, block);
    EXPECT_TRUE(divided);
    // Whatever else: each page is in one part, and counted.
    EXPECT_EQ(divided->size(), parts);
    Pfn next;
    uint64_t counted = 0;
    for (const PartPages& part : *divided) {
      EXPECT_EQ(part.range.begin, next);
      next = part.range.end;
      counted += part.dumpable;
      WindowScan::Pass pass = scan.pass(part.range, 1);
      uint64_t found = 0;
      while (const Bitmap* window = pass.next().value()) found += window->count();
      EXPECT_EQ(found, part.dumpable);
    }
    EXPECT_EQ(next, max_pfn);
    EXPECT_EQ(counted, total);
    return *divided;
  }
};

TEST_F(DividePagesTest, GivesEachPartItsShare) {
  const auto parts = divide(3 * kWindow, {{Pfn(0), Pfn(3 * kWindow)}}, 3, 4096);
  for (const PartPages& part : parts) EXPECT_EQ(part.dumpable, kWindow);
}

TEST_F(DividePagesTest, CountsDumpablePagesNotMemory) {
  const auto parts =
      divide(3 * kWindow, {{Pfn(0), Pfn(1000)}, {Pfn(3 * kWindow - 1000), Pfn(3 * kWindow)}}, 2, 8);
  EXPECT_EQ(parts[0].dumpable, 1000U);
  EXPECT_EQ(parts[0].range.end, Pfn(1000));
  EXPECT_EQ(parts[1].dumpable, 1000U);
}

TEST_F(DividePagesTest, EndsAtBlocksLargerThanAWindow) {
  const auto parts = divide(70 * kWindow + 5, {{Pfn(0), Pfn(70 * kWindow + 5)}}, 3, 4 * kWindow);
  EXPECT_EQ(parts[0].range.end, Pfn(24 * kWindow));
  EXPECT_EQ(parts[1].range.end, Pfn(48 * kWindow));
}

TEST_F(DividePagesTest, MayLeaveLastPartsEmpty) {
  const auto parts = divide(1000, {{Pfn(10), Pfn(12)}}, 5, 1 << 18);
  EXPECT_EQ(parts[0].dumpable, 2U);
  EXPECT_TRUE(parts[4].range.empty());
  const auto none = divide(1000, {}, 2, 1);
  EXPECT_EQ(none[0].dumpable + none[1].dumpable, 0U);
}

}  // namespace
}  // namespace kdump
