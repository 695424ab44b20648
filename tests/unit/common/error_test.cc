// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/error.h"

#include <gtest/gtest.h>

#include <memory>

namespace kdump {
namespace {

Result<int> number(bool good) {
  if (!good) return fail(ErrorKind::corrupt, "found {}, expected {}", 1, 2);
  return 7;
}

Result<int> twice(bool good) { return 2 * TRY(number(good)); }

Status nothing(bool good) {
  TRY(twice(good));
  return {};
}

Result<std::unique_ptr<int>> movable() { return std::make_unique<int>(5); }

Result<int> through_movable() {
  const std::unique_ptr<int> value = TRY(movable());
  return *value;
}

TEST(Try, YieldsTheValue) {
  EXPECT_EQ(twice(true).value(), 14);
  EXPECT_TRUE(nothing(true));
  EXPECT_EQ(through_movable().value(), 5);
}

TEST(Try, ReturnsTheErrorUnchanged) {
  const Status status = nothing(false);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::corrupt);
  EXPECT_EQ(status.error().message(), "found 1, expected 2");
}

TEST(WithContext, PrependsWhereItWas) {
  const auto result = with_context(with_context(number(false), "level {}", 3), "/proc/vmcore");
  EXPECT_EQ(result.error().message(), "/proc/vmcore: level 3: found 1, expected 2");
  EXPECT_EQ(result.error().kind(), ErrorKind::corrupt);
}

TEST(FailErrno, TellsTheCause) {
  const Status status = fail_errno(ENOENT, "cannot open {}", "/x");
  EXPECT_EQ(status.error().message(), "cannot open /x: no such file or directory");
  EXPECT_EQ(status.error().errno_value(), ENOENT);
}

TEST(FailErrno, AFullTargetIsAKindOfItsOwn) {
  EXPECT_EQ(Status(fail_errno(ENOSPC, "write")).error().kind(), ErrorKind::no_space);
  EXPECT_EQ(Status(fail_errno(EDQUOT, "write")).error().kind(), ErrorKind::no_space);
  EXPECT_EQ(Status(fail_errno(EIO, "write")).error().kind(), ErrorKind::failure);
}

}  // namespace
}  // namespace kdump
