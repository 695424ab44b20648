// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/console.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "makedumpfile/options.h"
#include "makedumpfile/report_json.h"

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

TEST(DescribePages, NewLinesOnlyWhereThereIsSomethingToSay) {
  DumpReport report;
  const std::string plain = describe_pages(report);
  EXPECT_EQ(plain.find("Protected"), std::string::npos);
  report.pages[PageClass::protected_] = 0x10;
  report.rescued[PageClass::user] = 2;
  report.rescued[PageClass::free] = 3;
  report.evidence.add(PageClass::cache, Doubt::no_mapping);
  report.evidence.bad_batch_doubts[PageClass::free] = 6;
  const std::string text = describe_pages(report);
  EXPECT_TRUE(text.starts_with(plain));
  EXPECT_NE(text.find("Protected pages : 0x0000000000000010\n"), std::string::npos);
  EXPECT_NE(text.find("Rescued pages   : 0x0000000000000005\n"), std::string::npos);
  EXPECT_NE(text.find("Doubtful pages  : 0x0000000000000007\n"), std::string::npos);
}

TEST(DescribeSelfCheck, OneLineOnlyWhereTheLevelIsAnother) {
  DumpReport report;
  report.requested_level = report.dump_level = 31;
  EXPECT_EQ(describe_self_check(report), "");
  report.dump_level = 15;
  report.reasons = {"120,000 pages look free, the kernel counts 80,000 (NR_FREE_PAGES)"};
  EXPECT_EQ(
      describe_self_check(report),
      "dump level lowered from 31 to 15: 120,000 pages look free, the kernel counts 80,000 (NR_FREE_PAGES)");
  report.dump_level = 31;
  report.keeps_offline = report.keeps_hwpoison = true;
  report.reasons = {"a", "b", "c", "d", "e"};
  EXPECT_EQ(describe_self_check(report),
            "pages that look offline are kept, pages that look poisoned are kept: a; b; c; and 2 more");
}

TEST(ReportJson, TellsWhatWasDone) {
  DumpRequest request;
  request.vmcore = "core";
  request.output = "out\"put";
  request.codec = CodecId::lzo;
  DumpReport report;
  report.requested_level = 31;
  report.dump_level = 15;
  report.reasons = {"why"};
  report.pages[PageClass::private_cache] = 5;
  report.rescued[PageClass::user] = 2;
  report.seconds = 1.23456;
  const std::string text = report_json(request, report, "");
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  for (const char* part :
       {R"("version":1,"ok":true,"error":"")", R"("input":"core")", R"("output":"out\"put")",
        R"("requested_level":31,"dump_level":15)", R"("reasons":["why"])", R"("private_cache":5)",
        R"("rescued":{"user":2})", R"("codec":"lzo","threads":1)", R"("total":1.235)"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  const std::string failed = report_json(request, report, "no space\xff");
  EXPECT_NE(failed.find(R"("ok":false,"error":"no space)"), std::string::npos) << failed;
}

}  // namespace
}  // namespace kdump
