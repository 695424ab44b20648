// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/console.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "makedumpfile/options.h"

namespace kdump {
namespace {

TEST(EtaText, IsTheRestAtTheSpeedSoFar) {
  EXPECT_EQ(eta_text(10, 50, 100), "eta: 10s");
  EXPECT_EQ(eta_text(10, 5, 100), "eta: 3m10s");
  EXPECT_EQ(eta_text(100, 1, 200), "eta: 5h31m");
  EXPECT_EQ(eta_text(10, 100, 100), "eta: 0s");
  EXPECT_EQ(eta_text(10, 0, 100), "");
  EXPECT_EQ(eta_text(0, 0, 0), "eta: 0s");
  EXPECT_EQ(eta_text(10, 101, 100), "eta: 0s");
}

TEST(Console, PrintsWhatTheLevelAsksFor) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Console console(message_level::kCommon, stdout);
  console.say(message_level::kCommon, "common\n");
  console.say(message_level::kReport, "report\n");
  console.say(message_level::kError, "error\n");
  console.note("note");
  console.debug("debug");
  console.step("Copying data", 10);
  console.progress(10);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "common\nnote\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Console, DrawsAtMostOneLineASecondAndTheLast) {
  testing::internal::CaptureStderr();
  Console console(message_level::kProgress, stdout);
  console.step("Copying data", 1000);
  for (uint64_t done = 1; done <= 1000; ++done) console.progress(done);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(text, '\r'), 2);
  EXPECT_NE(text.find(fmt::format("\r{:<50}: [  0.1 %] /", "Copying data")), std::string::npos) << text;
  EXPECT_NE(text.find("[100.0 %]"), std::string::npos);
  EXPECT_TRUE(text.ends_with("eta: 0s\n"));
}

TEST(DescribePages, UsesTheOriginalsWords) {
  DumpReport report;
  report.max_pfn = 0x1000;
  report.pages_total = 0x800;
  report.pages_written = 0x300;
  report.pages[PageClass::zero] = 0x100;
  report.pages[PageClass::free] = 0x500;
  const std::string text = describe_pages(report);
  EXPECT_NE(text.find("Original pages  : 0x0000000000000800\n"), std::string::npos);
  EXPECT_NE(text.find("  Excluded pages   : 0x0000000000000600\n"), std::string::npos);
  EXPECT_NE(text.find("    Pages filled with zero  : 0x0000000000000100\n"), std::string::npos);
  EXPECT_NE(text.find("    Free pages              : 0x0000000000000500\n"), std::string::npos);
  EXPECT_NE(text.find("  Remaining pages  : 0x0000000000000200\n"), std::string::npos);
  EXPECT_NE(text.find("reduced to 25%"), std::string::npos);
  EXPECT_NE(text.find("Memory Hole     : 0x0000000000000800\n"), std::string::npos);
  EXPECT_NE(text.find("Total pages     : 0x0000000000001000\n"), std::string::npos);
}

}  // namespace
}  // namespace kdump
