// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/summary.h"

#include <gmock/gmock.h>

namespace kdump::capture {
namespace {

using testing::ElementsAre;

TEST(Summary, SaysWhatIsWhereAndWhatFailed) {
  Record record;
  record.targets = {
      {.name = "ssh a /crash", .error = "connection refused", .seconds = 1.25},
      {.name = "UUID=u /crash",
       .directory = "/crash/d",
       .files = {{.name = "vmcore-dmesg.txt", .bytes = 1024}, {.name = "vmcore", .bytes = 2048}}}};
  record.has_summary = true;
  record.summary = {.pages_total = 500'000,
                    .pages_written = 12'345,
                    .bytes_written = 3 << 20,
                    .requested_level = 31,
                    .dump_level = 31,
                    .classify_ms = 1500,
                    .copy_ms = 2500};
  record.worker_peak_anon_kib = 16 << 10;
  EXPECT_THAT(
      summary_lines(record, {.total_kib = 128 << 10, .available_min_kib = 40 << 10}),
      ElementsAre("not on ssh a /crash after 1.2 s: connection refused",
                  "on UUID=u /crash, /crash/d: vmcore-dmesg.txt (1.0 KiB), vmcore (2.0 KiB)",
                  "12,345 of 500,000 pages in 3.0 MiB, level 31, 1.5 s to look at them, 2.5 s to copy",
                  "memory: 128.0 MiB in all, at least 40.0 MiB available, the worker took 16.0 MiB"));
}

TEST(Summary, SaysWhyTheLevelIsAnother) {
  Record record;
  record.has_summary = true;
  record.summary = {.requested_level = 1, .dump_level = 31, .reasons = {"the target was full"}};
  const std::vector<std::string> lines = summary_lines(record, {});
  EXPECT_THAT(lines, testing::Contains(testing::HasSubstr("level 31 instead of 1")));
  EXPECT_THAT(lines, testing::Contains("because the target was full"));
}

}  // namespace
}  // namespace kdump::capture
