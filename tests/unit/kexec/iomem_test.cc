// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/iomem.h"

#include <gtest/gtest.h>

namespace kdump::kexec {
namespace {

PhysRange range(uint64_t begin, uint64_t end) { return {PhysAddr(begin), PhysAddr(end)}; }

std::vector<PhysRange> crash_ranges(std::string_view text) { return crash_kernel_ranges(parse_iomem(text)); }

TEST(Iomem, ReadsRangeDepthAndName) {
  const auto entries = parse_iomem("00100000-1ffdefff : System RAM\n  01000000-01e00fff : Kernel code\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0], (IomemEntry{range(0x100000, 0x1ffdf000), 0, "System RAM"}));
  EXPECT_EQ(entries[1], (IomemEntry{range(0x1000000, 0x1e01000), 1, "Kernel code"}));
}

TEST(Iomem, NoReservationIsAnEmptyList) {
  EXPECT_TRUE(crash_ranges("00100000-1ffdefff : System RAM\n").empty());
  EXPECT_TRUE(crash_ranges("").empty());
}

TEST(Iomem, HighAndLowAscendWhateverTheOrder) {
  const std::vector<PhysRange> expected{range(0x6000000, 0x16000000), range(0x130000000, 0x140000000)};
  EXPECT_EQ(crash_ranges("00100000-7ffdefff : System RAM\n"
                         "  06000000-15ffffff : Crash kernel\n"
                         "100000000-17fffffff : System RAM\n"
                         "  130000000-13fffffff : Crash kernel\n"),
            expected);
  EXPECT_EQ(crash_ranges("130000000-13fffffff : Crash kernel\n06000000-15ffffff : Crash kernel\n"), expected);
}

TEST(Iomem, DuplicatesCountOnce) {
  EXPECT_EQ(crash_ranges("  06000000-0dffffff : Crash kernel\n  06000000-0dffffff : Crash kernel\n"),
            (std::vector{range(0x6000000, 0xe000000)}));
  // Not side by side, or torn by a resize in between.
  EXPECT_EQ(crash_ranges("06000000-0dffffff : Crash kernel\n00000000-000fffff : Reserved\n"
                         "06000000-0bffffff : Crash kernel\n"),
            (std::vector{range(0x6000000, 0xe000000)}));
}

TEST(Iomem, AdjacentRangesStayTwo) {
  EXPECT_EQ(crash_ranges("1000-1fff : Crash kernel\n2000-2fff : Crash kernel\n").size(), 2U);
}

TEST(Iomem, NestedAtAnyDepthAndExactName) {
  const auto found = crash_ranges(
      "00100000-7ffdefff : System RAM\n    06000000-06ffffff : Crash kernel\n"
      "      06000000-06000fff : Crash kernel data\n");
  EXPECT_EQ(found, (std::vector{range(0x6000000, 0x7000000)}));
}

TEST(Iomem, MaskedMeansEveryRangeIsZero) {
  EXPECT_TRUE(
      addresses_masked(parse_iomem("00000000-00000000 : System RAM\n  00000000-00000000 : Crash kernel\n")));
  EXPECT_FALSE(
      addresses_masked(parse_iomem("00000000-00000000 : PCI mem\n00001000-0009fbff : System RAM\n")));
  EXPECT_FALSE(addresses_masked(parse_iomem("")));
}

TEST(Iomem, OtherLinesAreLeftOut) {
  EXPECT_TRUE(parse_iomem("\n\n : \nnonsense\n1-2\n1 : x\n5-4 : backwards\n-1 : x\n0x1-0x2 : prefixed\n"
                          "10000000000000000-10000000000000001 : too large\n")
                  .empty());
}

TEST(Iomem, EndOfTheAddressSpaceDoesNotWrap) {
  const auto entries = parse_iomem("fffffffffffff000-ffffffffffffffff : top");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_LT(entries[0].range.begin, entries[0].range.end);
}

TEST(Iomem, SystemRamIsTakenAtTheTopOnly) {
  EXPECT_EQ(
      system_ram_ranges(parse_iomem("1000-1fff : System RAM\n4000-7fff : dax\n  4000-4fff : System RAM\n")),
      (std::vector{range(0x1000, 0x2000)}));
}

}  // namespace
}  // namespace kdump::kexec
