// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/dump_estimate.h"

#include <gtest/gtest.h>

namespace kdump::service {
namespace {

constexpr const char* kMeminfo =
    "MemTotal:       1000000 kB\nMemFree:         100000 kB\nBuffers:          20000 kB\nCached:          "
    "200000 kB\n"
    "SwapCached:        3000 kB\nAnonPages:       300000 kB\nHugetlb:          40000 kB\n";

uint64_t kilobytes(const std::vector<std::string>& collector) {
  return estimate_dump(kMeminfo, collector).value().bytes / 1024;
}

// What so many kB of pages become: their descriptors, and the bitmaps of all.
uint64_t with_descriptors(uint64_t kept) { return (kept * 1024 + kept / 4 * 24 + 1000000 / 4 / 4) / 1024; }

TEST(DumpEstimate, EachBitOfTheLevelLeavesItsPagesOut) {
  EXPECT_EQ(kilobytes({"makedumpfile"}), with_descriptors(1000000));
  EXPECT_EQ(kilobytes({"makedumpfile", "-d", "1"}), with_descriptors(1000000));
  EXPECT_EQ(kilobytes({"makedumpfile", "-d", "2"}), with_descriptors(1000000));
  EXPECT_EQ(kilobytes({"makedumpfile", "-d", "4"}), with_descriptors(777000));
  EXPECT_EQ(kilobytes({"makedumpfile", "-d", "8"}), with_descriptors(660000));
  EXPECT_EQ(kilobytes({"makedumpfile", "-d", "16"}), with_descriptors(900000));
  EXPECT_EQ(kilobytes({"makedumpfile", "-l", "-d31"}), with_descriptors(337000));
  EXPECT_EQ(kilobytes({"makedumpfile", "-d", "31,8"}), with_descriptors(337000));
}

TEST(DumpEstimate, CopiersTakeAll) {
  EXPECT_EQ(kilobytes({"cp"}), 1000000U);
  EXPECT_EQ(kilobytes({"scp"}), 1000000U);
}

TEST(DumpEstimate, AKernelWithFewerLinesIsFine) {
  EXPECT_EQ(estimate_dump("MemTotal: 40 kB\n", {"makedumpfile", "-d", "31"}).value().level, 31);
  EXPECT_FALSE(estimate_dump("", {"makedumpfile"}));
}

}  // namespace
}  // namespace kdump::service
