// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/child_answer.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>

namespace kdump::service {
namespace {

constexpr std::chrono::seconds kLong{30};

TEST(ChildAnswer, TextComesBack) {
  EXPECT_EQ(ask_child(kLong, [] { return Result<std::string>("two words"); }).value(), "two words");
  EXPECT_EQ(ask_child(kLong, [] { return Result<std::string>(""); }).value(), "");
}

TEST(ChildAnswer, ErrorsKeepTheirKindAndErrno) {
  const auto answer =
      ask_child(kLong, []() -> Result<std::string> { return fail_errno(ENOSPC, "cannot write"); });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::no_space);
  EXPECT_EQ(answer.error().errno_value(), ENOSPC);
  EXPECT_EQ(answer.error().message(), "cannot write: no space left on device");
}

TEST(ChildAnswer, WhatHappensInTheChildStaysThere) {
  int touched = 0;
  ASSERT_TRUE(ask_child(kLong, [&]() -> Result<std::string> { return std::to_string(++touched); }));
  EXPECT_EQ(touched, 0);
}

TEST(ChildAnswer, AChildThatCrashesIsAnError) {
  const auto answer = ask_child(kLong, []() -> Result<std::string> {
    raise(SIGKILL);
    return "";
  });
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), testing::HasSubstr("killed by signal 9"));
}

TEST(ChildAnswer, AChildThatHangsIsGivenUp) {
  const auto answer = ask_child(std::chrono::seconds(1), []() -> Result<std::string> {
    pause();
    return "";
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(answer.error().message(), "no answer within 1 s");
}

}  // namespace
}  // namespace kdump::service
