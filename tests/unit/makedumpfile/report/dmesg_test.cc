// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/dmesg.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_printk_ring.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakePrintkRing;
using ::testing::HasSubstr;

class Dmesg : public ::testing::Test {
 protected:
  // The log, or "error: " and what it says.
  std::string log(LogPart part = LogPart::whole) {
    const auto info = kernel.info();
    std::string text;
    const auto collect = [&](std::string_view line) -> Status {
      EXPECT_TRUE(line.ends_with('\n'));
      EXPECT_EQ(line.find('\n'), line.size() - 1);
      text += line;
      return {};
    };
    const Status read = read_dmesg(*info, collect, part);
    return read ? text : "error: " + read.error().message();
  }

  FakeKernel kernel;
  FakePrintkRing ring{kernel};
};

TEST_F(Dmesg, PrintsRecordsOldestFirst) {
  ring.add(0, "Linux version 6.1.0");
  ring.add(23'973'776'999, "Kernel panic");
  ring.add(123'456'000'001'000, "later");
  EXPECT_EQ(log(),
            "[    0.000000] Linux version 6.1.0\n[   23.973776] Kernel panic\n[123456.000001] later\n");
}

TEST_F(Dmesg, IndentsContinuationLinesAndEscapesWhatIsUnprintable) {
  ring.add(1'000'000'000, "first\nsecond\tx\x01\xc3\xa4");
  EXPECT_EQ(log(), "[    1.000000] first\n               second\tx\\x01\\xc3\\xa4\n");
}

TEST_F(Dmesg, FollowsTheRingsWhenTheyWrap) {
  for (int i = 0; i < 30; ++i)
    ring.add(static_cast<uint64_t>(i) * 1'000'000'000, fmt::format("record number {}", i));
  std::string expected;
  for (int i = 22; i < 30; ++i) expected += fmt::format("[{:5}.000000] record number {}\n", i, i);
  EXPECT_EQ(log(), expected);
}

TEST_F(Dmesg, SkipsRecordsThatAreNotCommitted) {
  ring.add(0, "whole");
  ring.add(0, "being written", 0);
  ring.add(0, "reopened", 1);
  ring.add(0, "reusable", 3);
  EXPECT_EQ(log(), "[    0.000000] whole\n[    0.000000] reopened\n");
}

TEST_F(Dmesg, SkipsDamagedRecords) {
  ring.add(0, "one");
  ring.add(0, "two");
  ring.add(0, "three");
  ring.describe(0x3fffffffffffffff, 2, UINT64_MAX, 3, 0, 100);  // no room even for the id
  EXPECT_EQ(log(), "[    0.000000] one\n[    0.000000] three\n");
}

TEST_F(Dmesg, TextIsCutWhereItsBlockEnds) {
  ring.add(0, "eight by");
  ring.describe(0x3ffffffffffffffe, 2, 0, 16, 0, 65535);
  EXPECT_EQ(log(), "[    0.000000] eight by\n");
}

TEST_F(Dmesg, AnAbsurdTailReadsTheRingOnce) {
  ring.add(0, "only");
  ring.set_ids(5, 0x3ffffffffffffffe);
  EXPECT_EQ(log(), "[    0.000000] only\n");
}

TEST_F(Dmesg, RefusesAbsurdSizes) {
  ring.add(0, "x");
  ring.set_bits(40, 8);
  EXPECT_THAT(log(), HasSubstr("count_bits is 40, expected 1 to 26"));
}

TEST_F(Dmesg, RefusesMembersOutsideTheirStruct) {
  kernel.replace_line("OFFSET(printk_info.text_len)", "OFFSET(printk_info.text_len)=87");
  EXPECT_THAT(log(), HasSubstr("OFFSET(printk_info.text_len)=87 is outside"));
}

TEST_F(Dmesg, AnEmptyRingIsAnError) { EXPECT_THAT(log(), HasSubstr("the kernel log has no record")); }

TEST_F(Dmesg, AKernelWithoutALogIsRefused) {
  kernel.replace_line("SYMBOL(prb)", "");
  EXPECT_THAT(log(), HasSubstr("nothing tells where the kernel log is"));
}

TEST_F(Dmesg, ShowsWhoLoggedItWhereThatIsTold) {
  kernel.line("OFFSET(printk_info.caller_id)=20");
  ring.add(0, "a task\nof number 0");
  EXPECT_EQ(log(), "[    0.000000] [      T0] a task\n                          of number 0\n");
}

TEST_F(Dmesg, ShowsWhatCameSinceTheLogWasCleared) {
  ring.tell_numbers();
  for (const char* text : {"one", "two", "three"}) ring.add(0, text);
  ring.clear_at(1);
  EXPECT_EQ(log(LogPart::since_clear), "[    0.000000] two\n[    0.000000] three\n");
}

TEST_F(Dmesg, ReadsTheClearedNumberThatIsNotBeingWritten) {
  ring.tell_numbers();
  for (const char* text : {"one", "two", "three"}) ring.add(0, text);
  ring.clear_latched(7, {UINT64_MAX, 2});
  EXPECT_EQ(log(LogPart::since_clear), "[    0.000000] three\n");
}

TEST_F(Dmesg, ALogClearedAtTheEndIsEmpty) {
  ring.tell_numbers();
  ring.add(0, "one");
  ring.clear_at(1);
  EXPECT_EQ(log(LogPart::since_clear), "");
}

TEST_F(Dmesg, TheEmittersErrorEndsIt) {
  ring.add(0, "one");
  const auto info = kernel.info();
  const Status read = read_dmesg(*info, [](std::string_view) -> Status { return fail("disk full"); });
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr("disk full"));
}

}  // namespace
}  // namespace kdump
