// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace kdump::capture {
namespace {

constexpr std::string_view kMeminfo =
    "MemTotal:          91848 kB\nMemFree:           60000 kB\nMemAvailable:      55340 kB\n";

TEST(Memory, FindsAFieldByItsWholeName) {
  EXPECT_EQ(field_of(kMeminfo, "MemAvailable"), 55340U);
  EXPECT_EQ(field_of(kMeminfo, "MemTotal"), 91848U);
  EXPECT_EQ(field_of(kMeminfo, "Mem"), std::nullopt);
  EXPECT_EQ(field_of("nr_free_pages 12\noom_kill 3\noom_kill_other 9\n", "oom_kill"), 3U);
}

TEST(Memory, WhatIsNoNumberIsNoField) {
  EXPECT_EQ(field_of("MemTotal: many kB\n", "MemTotal"), std::nullopt);
  EXPECT_EQ(field_of("MemTotal:\n", "MemTotal"), std::nullopt);
  EXPECT_EQ(field_of("", "MemTotal"), std::nullopt);
}

TEST(Memory, AnonymousMemoryCountsSharedPagesToo) {
  const ProcessMemory memory = process_memory(
      "Name:\tx\nVmHWM:\t  9196 kB\nVmRSS:\t 9000 kB\nRssAnon:\t 700 kB\nRssFile:\t 0 kB\nRssShmem:\t 300 "
      "kB\n");
  EXPECT_EQ(memory.peak_rss_kib, 9196U);
  EXPECT_EQ(memory.anon_kib, 1000U);
}

TEST(Memory, AKernelThreadHasNone) {
  const ProcessMemory memory = process_memory("Name:\tkthreadd\n");
  EXPECT_EQ(memory.peak_rss_kib, 0U);
  EXPECT_EQ(memory.anon_kib, 0U);
}

TEST(Memory, TheLeastIsKept) {
  MemoryWatch watch;
  EXPECT_EQ(watch.figures().total_kib, 0U);
  watch.sample();
  const MemoryFigures first = watch.figures();
  EXPECT_GT(first.total_kib, 0U);
  EXPECT_GT(first.available_min_kib, 0U);
  watch.sample();
  EXPECT_LE(watch.figures().available_min_kib, first.available_min_kib);
}

TEST(Memory, ReadsThisProcess) {
  EXPECT_GT(read_process_memory(getpid()).peak_rss_kib, 0U);
  EXPECT_EQ(read_process_memory(-1).peak_rss_kib, 0U);
}

}  // namespace
}  // namespace kdump::capture
