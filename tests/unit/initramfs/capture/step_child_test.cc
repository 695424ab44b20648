// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/step_child.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace kdump::capture {
namespace {

SteadyTime in_seconds(int seconds) {
  return std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
}

TEST(StepChild, HandsBackTextAndSuccess) {
  const StepOutput output = run_in_child(
      [](const Emit& emit) -> Status {
        emit("one\n");
        emit("two\n");
        return {};
      },
      in_seconds(30));
  EXPECT_TRUE(output.status);
  EXPECT_EQ(output.text, "one\ntwo\n");
}

TEST(StepChild, HandsBackTheErrorsWords) {
  const Status status =
      run_step_in_child([]() -> Status { return fail("cannot mount {}", "/dev/vda"); }, in_seconds(30));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "cannot mount /dev/vda");
}

TEST(StepChild, OneThatHangsIsTimedOutAndItsTextKept) {
  const StepOutput output = run_in_child(
      [](const Emit& emit) -> Status {
        emit("?sda\n");
        while (true) pause();
      },
      std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
  EXPECT_TRUE(output.timed_out);
  EXPECT_EQ(output.text, "?sda\n");
  ASSERT_FALSE(output.status);
  EXPECT_EQ(output.status.error().kind(), ErrorKind::timed_out);
}

TEST(StepChild, ACrashIsAnErrorAndNothingMore) {
  const Status status = run_step_in_child(
      []() -> Status {
        signal(SIGKILL, SIG_DFL);
        raise(SIGKILL);
        return {};
      },
      in_seconds(30));
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("killed by signal 9"), std::string::npos);
}

TEST(StepChild, AnExceptionStaysInTheChild) {
  const Status status = run_step_in_child([]() -> Status { throw std::runtime_error("x"); }, in_seconds(30));
  EXPECT_FALSE(status);
}

TEST(StepChild, MoreTextThanAPipeTakesDoesNotHang) {
  const StepOutput output = run_in_child(
      [](const Emit& emit) -> Status {
        for (int i = 0; i < 1000; ++i) emit(std::string(1000, 'x'));
        return {};
      },
      in_seconds(30));
  EXPECT_TRUE(output.status);
  EXPECT_LE(output.text.size(), size_t{64} << 10);
}

}  // namespace
}  // namespace kdump::capture
