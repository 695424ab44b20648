// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace kdump {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(RunCaptured, KeepsOutputAndStatus) {
  const auto result = run_captured({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, milliseconds(10'000));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->output, "out\nerr\n");
  EXPECT_EQ(result->exit.code, 3);
  EXPECT_EQ(result->exit.describe(), "exited with status 3");
}

TEST(RunCaptured, AMissingProgramSaysSo) {
  const auto result = run_captured({"/nonexistent/program"}, milliseconds(10'000));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit.code, 127);
  EXPECT_EQ(result->output, "cannot execute /nonexistent/program: no such file or directory\n");
}

TEST(RunCaptured, EndsAtTheDeadline) {
  const auto result = run_captured({"/bin/sleep", "100"}, milliseconds(50));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->exit.timed_out);
  EXPECT_FALSE(result->exit.succeeded());
}

TEST(Child, TellsTheSignal) {
  Child child = spawn_function([] { return raise(SIGKILL); }).value();
  const ExitState state = child.wait().value();
  EXPECT_EQ(state.signal, SIGKILL);
  EXPECT_EQ(state.describe(), "killed by signal 9 (Killed)");
}

TEST(Child, FunctionsReturnTheirStatus) {
  Child child = spawn_function([] { return 7; }).value();
  EXPECT_EQ(child.wait(steady_clock::now() + milliseconds(10'000)).value().code, 7);
}

TEST(Spawn, PassesEnvironmentAndDescriptors) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  Child child = spawn({.argv = {"/bin/sh", "-c", "echo $WORD >&9"},
                       .environment = {"WORD=hello"},
                       .extra_fds = {{write_end.get(), 9}}})
                    .value();
  write_end.reset();
  EXPECT_TRUE(child.wait().value().succeeded());
  ByteVector text(16);
  const size_t size = read_up_to(read_end.get(), text).value();
  EXPECT_EQ(text_of(Bytes(text).first(size)), "hello\n");
}

}  // namespace
}  // namespace kdump
