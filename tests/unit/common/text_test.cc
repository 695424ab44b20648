// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kdump {
namespace {

using testing::ElementsAre;

TEST(Text, Trims) {
  EXPECT_EQ(trim("  a b\t\n"), "a b");
  EXPECT_EQ(trim(" \t "), "");
}

TEST(Text, SplitsWordsFieldsAndLines) {
  EXPECT_THAT(split_words(" a  bc\td "), ElementsAre("a", "bc", "d"));
  EXPECT_THAT(split("a::b", ':'), ElementsAre("a", "", "b"));
  EXPECT_THAT(split_lines("a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(split_lines(""), ElementsAre());
}

TEST(ParseU64, TakesTheWholeTextOnly) {
  EXPECT_EQ(parse_u64("31"), 31U);
  EXPECT_EQ(parse_u64("0x1f", 0), 31U);
  EXPECT_EQ(parse_u64("ff", 16), 255U);
  for (const char* bad : {"", " 1", "1 ", "-1", "+1", "abc", "1x", "99999999999999999999"}) {
    EXPECT_FALSE(parse_u64(bad)) << bad;
  }
  EXPECT_EQ(parse_i64("-4194304"), -4194304);
}

TEST(ParseSize, KnowsSuffixesAndOverflow) {
  EXPECT_EQ(parse_size("64M"), uint64_t{64} << 20);
  EXPECT_EQ(parse_size("2g"), uint64_t{2} << 30);
  EXPECT_EQ(parse_size("100"), 100U);
  for (const char* bad : {"", "M", "1MB", "99999999999E"}) EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Human, SizesAndTimes) {
  EXPECT_EQ(human_size(100), "100 bytes");
  EXPECT_EQ(human_size(1536), "1.5 KiB");
  EXPECT_EQ(human_size(uint64_t{2} << 30), "2.0 GiB");
  EXPECT_EQ(human_seconds(12), "12s");
  EXPECT_EQ(human_seconds(184), "3m4s");
  EXPECT_EQ(human_seconds(18360), "5h6m");
}

TEST(Hexadecimal, TwoDigitsAByte) {
  EXPECT_EQ(hexadecimal({}), "");
  EXPECT_EQ(hexadecimal(bytes_of(std::string_view("\0\x0a\xff", 3))), "000aff");
}

TEST(Printable, LeavesATerminalAlone) {
  EXPECT_EQ(printable("6.1.0 \x1b[2J\n\x7f"), "6.1.0 \\x1b[2J\\x0a\\x7f");
  EXPECT_EQ(printable("\xc3\xa9"), "\xc3\xa9");
}

TEST(NearestWord, FindsSlipsOnly) {
  const std::vector<std::string_view> words{"path", "final_action", "failure_action"};
  EXPECT_EQ(nearest_word("final_acton", words), "final_action");
  EXPECT_EQ(nearest_word("pth", words), "path");
  EXPECT_EQ(nearest_word("something", words), "");
  EXPECT_EQ(nearest_word("ath", words), "path");
  EXPECT_EQ(nearest_word("xxfinal_action", words), "final_action");
  EXPECT_EQ(nearest_word("action_failure", words), "");
}

}  // namespace
}  // namespace kdump
