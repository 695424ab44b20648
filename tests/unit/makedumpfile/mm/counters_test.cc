// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/counters.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_kernel.h"
#include "tests/unit/makedumpfile/support/fake_zones.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeZones;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CountersTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kNodeStat = 0x700000, kHstates = 0x710000, kMaxHstate = 0x720000,
                            kPoisoned = 0x730000, kVmStat = 0x700;

  CountersTest() {
    for (const char* text :
         {"OFFSET(zone.vm_stat)=1792", "NUMBER(NR_FREE_PAGES)=0", "NUMBER(NR_FILE_PAGES)=19",
          "NUMBER(NR_ANON_MAPPED)=17", "NUMBER(NR_INACTIVE_ANON)=0", "NUMBER(NR_ACTIVE_ANON)=1",
          "NUMBER(NR_UNEVICTABLE)=4", "NUMBER(NR_ISOLATED_ANON)=7", "SIZE(hstate)=256",
          "OFFSET(hstate.order)=40", "OFFSET(hstate.nr_huge_pages)=64"})
      kernel.line(text);
    symbol("vm_node_stat", kNodeStat);
    symbol("hstates", kHstates);
    symbol("hugetlb_max_hstate", kMaxHstate);
    symbol("num_poisoned_pages", kPoisoned);
  }
  void symbol(const char* name, uint64_t at) {
    kernel.line(fmt::format("SYMBOL({})={:x}", name, FakeKernel::kImageBase + at));
  }
  void zone_free(uint64_t zone, int64_t pages) {
    put(FakeZones::kNodeZones + zone * FakeZones::kZone + kVmStat, pages);
  }
  void node_stat(uint64_t item, int64_t pages) { put(kNodeStat + item * 8, pages); }
  void hstate(uint64_t index, uint32_t order, int64_t pages) {
    kernel.vmcore().put_value<le32>(kHstates + index * 256 + 40, order);
    put(kHstates + index * 256 + 64, pages);
  }
  void put(uint64_t at, int64_t value) { kernel.vmcore().put_value<le64>(at, static_cast<uint64_t>(value)); }
  KernelCounters read() {
    info_ = kernel.info();
    EXPECT_TRUE(info_) << info_.error().message();
    return read_kernel_counters(*info_);
  }

  FakeKernel kernel;
  FakeZones zones{kernel};
  Result<KernelInfo> info_ = fail("not read yet");
};

TEST_F(CountersTest, AddsUpWhatTheKernelCounted) {
  zone_free(0, 1000);
  zone_free(1, 234);
  node_stat(19, 5000);
  node_stat(17, 100);
  node_stat(0, 60);
  node_stat(1, 70);
  kernel.vmcore().put_value<le32>(kMaxHstate, 2);
  hstate(0, 9, 24);
  hstate(1, 18, 1);
  put(kPoisoned, 3);
  const KernelCounters counters = read();
  EXPECT_EQ(counters.free, 1234U);
  EXPECT_EQ(counters.file, 5000U);
  EXPECT_EQ(counters.anonymous, 130U);
  EXPECT_EQ(counters.hugetlb, 24U * 512 + 262144);
  EXPECT_EQ(counters.poisoned, 3U);
  EXPECT_EQ(counters.cpus, 1U);
  EXPECT_THAT(counters.missing, IsEmpty());
}

TEST_F(CountersTest, CountersBelowZeroAreZero) {
  zone_free(0, -5);
  zone_free(1, 7);
  node_stat(19, -1);
  const KernelCounters counters = read();
  EXPECT_EQ(counters.free, 7U);
  EXPECT_EQ(counters.file, 0U);
}

TEST_F(CountersTest, SumsDoNotWrap) {
  zone_free(0, INT64_MAX);
  zone_free(1, INT64_MAX);
  for (const uint64_t item : {0U, 1U, 4U, 7U}) node_stat(item, INT64_MAX);
  const KernelCounters counters = read();
  EXPECT_EQ(counters.free, uint64_t{INT64_MAX} * 2);
  EXPECT_EQ(counters.anonymous, UINT64_MAX);
}

TEST_F(CountersTest, EachIsMissingAlone) {
  kernel.replace_line("NUMBER(NR_FILE_PAGES)", "");
  kernel.replace_line("SYMBOL(hstates)", "");
  zone_free(0, 5);
  const KernelCounters counters = read();
  EXPECT_FALSE(counters.file);
  EXPECT_FALSE(counters.hugetlb);
  EXPECT_EQ(counters.free, 5U);
  ASSERT_EQ(counters.missing.size(), 2U);
  EXPECT_THAT(counters.missing[0], HasSubstr("NR_FILE_PAGES"));
}

TEST_F(CountersTest, WhatNoKernelHasIsNotRead) {
  kernel.replace_line("NUMBER(NR_FREE_PAGES)", "NUMBER(NR_FREE_PAGES)=-1");
  kernel.replace_line("NUMBER(NR_ANON_MAPPED)", "NUMBER(NR_ANON_MAPPED)=100000");
  kernel.vmcore().put_value<le32>(kMaxHstate, UINT32_MAX);
  hstate(3, 200, 1);
  const KernelCounters counters = read();
  EXPECT_FALSE(counters.free);
  EXPECT_FALSE(counters.anonymous);
  EXPECT_FALSE(counters.hugetlb);
}

TEST_F(CountersTest, EndlessListsEnd) {
  kernel.vmcore().put_value<le32>(kMaxHstate, UINT32_MAX);
  EXPECT_EQ(read().hugetlb, 0U);
}

TEST_F(CountersTest, MemoryThatIsNotInTheDumpGivesNone) {
  kernel.replace_line("SYMBOL(vm_node_stat)", "SYMBOL(vm_node_stat)=ffff888000000000");
  kernel.vmcore().break_page(FakeZones::kNodeZones + FakeZones::kZone + kVmStat);
  const KernelCounters counters = read();
  EXPECT_FALSE(counters.free);
  EXPECT_FALSE(counters.file);
  EXPECT_TRUE(counters.poisoned);
}

}  // namespace
}  // namespace kdump
