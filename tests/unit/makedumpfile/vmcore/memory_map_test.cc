// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/memory_map.h"

#include <gmock/gmock.h>

namespace kdump {
namespace {

using ::testing::ElementsAre;

MemorySegment segment(uint64_t begin, uint64_t end, uint64_t offset) {
  return {{PhysAddr(begin), PhysAddr(end)}, offset};
}

struct Plain {
  uint64_t begin, end, offset;
  bool operator==(const Plain&) const = default;
};

std::vector<Plain> plain(const MemoryMap& map) {
  std::vector<Plain> result;
  for (const MemorySegment& s : map.segments())
    result.push_back({s.range.begin.value(), s.range.end.value(), s.file_offset});
  return result;
}

TEST(MemoryMap, SortsByAddress) {
  const MemoryMap map({segment(0x5000, 0x6000, 1), segment(0x1000, 0x2000, 2)});
  EXPECT_THAT(plain(map), ElementsAre(Plain{0x1000, 0x2000, 2}, Plain{0x5000, 0x6000, 1}));
}

TEST(MemoryMap, CutsOverlapsSoThatEachByteIsThereOnce) {
  const MemoryMap map({segment(0x3000, 0x5000, 0x100000), segment(0x1000, 0x4000, 0x200000)});
  EXPECT_THAT(plain(map), ElementsAre(Plain{0x1000, 0x4000, 0x200000}, Plain{0x4000, 0x5000, 0x101000}));
}

TEST(MemoryMap, DropsWhatAnotherSegmentHoldsWholly) {
  const MemoryMap map({segment(0x3000, 0x4000, 0x100000), segment(0x1000, 0x8000, 0x200000)});
  EXPECT_THAT(plain(map), ElementsAre(Plain{0x1000, 0x8000, 0x200000}));
}

TEST(MemoryMap, JoinsNeighboursThatGoOnInTheFile) {
  const MemoryMap map(
      {segment(0x1000, 0x2000, 0x500), segment(0x2000, 0x3000, 0x1500), segment(0x3000, 0x4000, 0)});
  EXPECT_THAT(plain(map), ElementsAre(Plain{0x1000, 0x3000, 0x500}, Plain{0x3000, 0x4000, 0}));
}

TEST(MemoryMap, FindsTheSegmentOfAnAddress) {
  const MemoryMap map({segment(0x1000, 0x2000, 1), segment(0x4000, 0x5000, 2)});
  ASSERT_NE(map.find(PhysAddr(0x1fff)), nullptr);
  EXPECT_EQ(map.find(PhysAddr(0x1fff))->file_offset, 1U);
  EXPECT_EQ(map.find(PhysAddr(0x2000)), nullptr);
  EXPECT_EQ(map.find(PhysAddr(0xfff)), nullptr);
  EXPECT_EQ(map.find(PhysAddr(0x5000)), nullptr);
  ASSERT_NE(map.find_from(PhysAddr(0x2000)), nullptr);
  EXPECT_EQ(map.find_from(PhysAddr(0x2000))->file_offset, 2U);
}

TEST(MemoryMap, CountsAPageWhenAnyByteOfItIsThere) {
  const MemoryMap map(
      {segment(0x1800, 0x2800, 0), segment(0x2c00, 0x3001, 0x9000), segment(0x8000, 0x9000, 0x5)});
  EXPECT_THAT(map.pages(12), ElementsAre(PfnRange{Pfn(1), Pfn(4)}, PfnRange{Pfn(8), Pfn(9)}));
  EXPECT_EQ(map.max_pfn(12), Pfn(9));
  EXPECT_EQ(MemoryMap().max_pfn(12), Pfn(0));
}

}  // namespace
}  // namespace kdump
