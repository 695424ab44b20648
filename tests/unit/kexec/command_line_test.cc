// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/command_line.h"

#include <gtest/gtest.h>

namespace kdump::kexec {
namespace {

std::string without(std::string_view text, std::string_view name) {
  CommandLine line = CommandLine::parse(text);
  line.remove(name);
  return line.text();
}

std::string with(std::string_view text, std::string_view more) {
  CommandLine line = CommandLine::parse(text);
  line.append(more);
  return line.text();
}

TEST(CommandLine, KeepsWordsInOrderAndDropsExtraBlanks) {
  EXPECT_EQ(CommandLine::parse("  a=1\tb  c=x=y\n").text(), "a=1 b c=x=y");
  EXPECT_EQ(CommandLine::parse("").text(), "");
  EXPECT_EQ(CommandLine::parse(" \n").text(), "");
}

TEST(CommandLine, QuotesKeepBlanksTogether) {
  EXPECT_EQ(without("x dyndbg=\"file a.c +p\" y", "dyndbg"), "x y");
  EXPECT_EQ(without("x \"dyndbg=file a.c +p\" y", "dyndbg"), "x y");
  EXPECT_EQ(without("a=\"b c=1\" c=2", "c"), "a=\"b c=1\"");
}

TEST(CommandLine, OpenQuoteIsClosedSoThatItDoesNotSwallowWhatIsAppended) {
  EXPECT_EQ(with("a b=\"c d", "panic=10"), "a b=\"c d\" panic=10");
}

TEST(CommandLine, RemovesEveryOccurrenceOfExactlyThatName) {
  EXPECT_EQ(without("crashkernel=1G crashkernel=64M,low crashkernel_x=1 quiet crashkernel", "crashkernel"),
            "crashkernel_x=1 quiet");
  EXPECT_EQ(without("root=/dev/vda1 rootflags=x", "root"), "rootflags=x");
}

TEST(CommandLine, DashAndUnderscoreAreTheSameInNames) {
  EXPECT_EQ(without("nr-cpus=4 a_b-c=1", "nr_cpus"), "a_b-c=1");
  EXPECT_TRUE(CommandLine::parse("a_b-c=1").has("a-b_c"));
}

TEST(CommandLine, HasLooksAtNamesOnly) {
  const CommandLine line = CommandLine::parse("quiet x=root -- single");
  EXPECT_TRUE(line.has("quiet"));
  EXPECT_FALSE(line.has("root"));
  EXPECT_FALSE(line.has("single"));
}

TEST(CommandLine, WhatFollowsTheDoubleDashIsInitsAndStaysLast) {
  EXPECT_EQ(with("a -- b=\"1 2\"", "c"), "a c -- b=\"1 2\"");
  EXPECT_EQ(without("b a -- b", "b"), "a -- b");
  EXPECT_EQ(with("a -- x", "b -- y"), "a b -- x y");
  EXPECT_EQ(with("a", "b -- y"), "a b -- y");
  EXPECT_EQ(CommandLine::parse("--").text(), "--");
}

TEST(CommandLine, QuotedDoubleDashEndsNothing) { EXPECT_EQ(with("a=\"b -- c\"", "d"), "a=\"b -- c\" d"); }

TEST(CommandLine, LimitCountsTheNul) {
  EXPECT_TRUE(check_length(std::string(2016, 'x')));
  const Status status = check_length(std::string(2017, 'x'));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "the command line takes 2018 bytes with its end, 2017 are possible; shorten it by 1");
}

}  // namespace
}  // namespace kdump::kexec
