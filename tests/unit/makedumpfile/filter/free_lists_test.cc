// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/free_lists.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_kernel.h"
#include "tests/unit/makedumpfile/support/fake_zones.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeStructPages;
using test::FakeZones;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Plain {
  uint64_t begin, end;
  bool operator==(const Plain&) const = default;
};
void PrintTo(const Plain& p, std::ostream* out) { *out << fmt::format("{:#x}-{:#x}", p.begin, p.end); }

class FreeListsTest : public ::testing::Test {
 protected:
  FreeLists read(size_t max_blocks = kMaxFreeBlocks) {
    auto found = try_read(max_blocks);
    EXPECT_TRUE(found) << found.error().message();
    return found ? std::move(*found) : FreeLists{};
  }
  Result<FreeLists> try_read(size_t max_blocks = kMaxFreeBlocks) {
    info_ = kernel.info();
    EXPECT_TRUE(info_);
    const auto mem_map = read_mem_map(*info_);
    EXPECT_TRUE(mem_map);
    return read_free_lists(*info_, *mem_map, 64, max_blocks);
  }
  static std::vector<Plain> plain(const std::vector<PfnRange>& ranges) {
    std::vector<Plain> result;
    for (const PfnRange& range : ranges) result.push_back({range.begin.value(), range.end.value()});
    return result;
  }

  FakeKernel kernel;
  FakeStructPages pages{kernel};
  FakeZones zones{kernel};
  Result<KernelInfo> info_ = fail("not read yet");
};

TEST_F(FreeListsTest, TakesTheBlocksOfEveryZoneOrderAndType) {
  zones.add(0, 10, 0, {1024});
  zones.add(0, 0, 3, {7, 5, 6});
  zones.add(1, 2, 1, {2048, 2056});
  const FreeLists found = read();
  EXPECT_THAT(plain(found.pages), ElementsAre(Plain{5, 8}, Plain{1024, 2048 + 4}, Plain{2056, 2060}));
  EXPECT_THAT(found.damage, IsEmpty());
}

TEST_F(FreeListsTest, ABrokenListCostsItsRestOnly) {
  zones.add(0, 3, 0, {8, 16, 24});
  zones.break_prev(16);
  zones.add(0, 3, 1, {64});
  zones.add(1, 0, 0, {100});
  const FreeLists found = read();
  EXPECT_THAT(plain(found.pages), ElementsAre(Plain{8, 16}, Plain{64, 72}, Plain{100, 101}));
  ASSERT_EQ(found.damage.size(), 1U);
  EXPECT_THAT(found.damage[0], HasSubstr("zone 0: free list of order 3, type 0 is broken after 1 blocks"));
  EXPECT_THAT(found.damage[0], HasSubstr("prev is 0xdead"));
}

TEST_F(FreeListsTest, OfManyBrokenListsAFewAreDescribed) {
  for (uint64_t order = 0; order < FakeZones::kOrders; ++order) {
    zones.add(0, order, 0, {1024});
    zones.break_prev(1024);
  }
  const FreeLists found = read();
  ASSERT_EQ(found.damage.size(), 5U);
  EXPECT_THAT(found.damage.back(), HasSubstr("7 more free lists are broken"));
}

TEST_F(FreeListsTest, AListThatLeadsBackIntoItselfEnds) {
  zones.add(0, 0, 0, {10, 11, 12});
  zones.set_next(12, FakeZones::list_head_of(11));
  const FreeLists found = read();
  EXPECT_THAT(plain(found.pages), ElementsAre(Plain{10, 13}));
  EXPECT_EQ(found.damage.size(), 1U);
}

TEST_F(FreeListsTest, AListThatLeavesTheStructPagesEnds) {
  zones.add(0, 4, 0, {32});
  zones.add(0, 4, 1, {48, 50});  // 50: no block of 16 pages begins there
  zones.set_next(32, 0xffffec0000000000);
  const FreeLists found = read();
  EXPECT_THAT(plain(found.pages), ElementsAre(Plain{32, 64}));
  EXPECT_EQ(found.damage.size(), 2U);
}

TEST_F(FreeListsTest, TheLargestBlocksComeFirst) {
  zones.add(0, 0, 0, {1, 3, 5});
  zones.add(1, 10, 0, {1024});
  const FreeLists found = read(2);
  EXPECT_THAT(plain(found.pages), ElementsAre(Plain{1, 2}, Plain{1024, 2048}));
  ASSERT_EQ(found.damage.size(), 1U);
  EXPECT_THAT(found.damage[0], HasSubstr("more than 2 free blocks"));
}

TEST_F(FreeListsTest, NamesWhatIsMissing) {
  kernel.replace_line("OFFSET(page.lru)", "");
  EXPECT_THAT(try_read().error().message(), HasSubstr("OFFSET(page.lru)"));
}

TEST_F(FreeListsTest, RefusesLengthsThatNoKernelHas) {
  kernel.replace_line("LENGTH(free_area.free_list)", "LENGTH(free_area.free_list)=1000000000");
  EXPECT_THAT(try_read().error().message(), HasSubstr("no kernel has these"));
}

}  // namespace
}  // namespace kdump
