// SPDX-License-Identifier: GPL-2.0-or-later
// The administrator's programs around the dump.
#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/unit/initramfs/capture/fake_system.h"

namespace kdump::capture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class HooksTest : public CaptureTest {
 protected:
  void SetUp() override {
    plan_with([](plan::Plan& plan) {
      plan.modules.clear();
      plan.hooks = {.pre = "/pre",
                    .pre_d = {"/pre.d/1", "/pre.d/2"},
                    .post_d = {"/post.d/1"},
                    .post = "/post",
                    .emergency_d = {"/emergency.d/1"},
                    .emergency = "/emergency"};
    });
  }
};

TEST_F(HooksTest, RunInTheirOrderAroundTheDump) {
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls,
              ElementsAre("hook /pre", "hook /pre.d/1", "hook /pre.d/2", "find u-1", "mount /dev/vda",
                          "worker dump", "hook /post.d/1 0", "hook /post 0", "worker finish", "unmount"));
}

TEST_F(HooksTest, AFailedDumpIsToldAndTheEmergencyHooksRun) {
  system.events[Mode::dump] = {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/d"},
                               {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10}};
  system.attempts[Mode::dump] = failing("no space left");
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("hook /pre", "hook /pre.d/1", "hook /pre.d/2", "find u-1",
                                        "mount /dev/vda", "worker dump", "hook /post.d/1 1", "hook /post 1",
                                        "worker finish", "unmount", "hook /emergency.d/1", "hook /emergency",
                                        "find u-1", "mount /dev/vda", "worker finish", "unmount"));
  const auto result = nlohmann::json::parse(system.requests[Mode::finish].result);
  EXPECT_THAT(result["steps"].dump(), HasSubstr("hook /emergency"));
}

TEST_F(HooksTest, AnAbsentTargetIsToldToo) {
  system.device = fail("no device");
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls,
              ElementsAre("hook /pre", "hook /pre.d/1", "hook /pre.d/2", "find u-1", "hook /post.d/1 1",
                          "hook /post 1", "worker console_log", "hook /emergency.d/1", "hook /emergency"));
}

TEST_F(HooksTest, KdumpPreMayForbidTheDump) {
  system.hook_ends["/pre"] = {.code = 3};
  system.events[Mode::log] = {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/d"},
                              {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10}};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("hook /pre", "find u-1", "mount /dev/vda", "worker log",
                                        "worker finish", "unmount"));
  EXPECT_FALSE(record.saved);
  EXPECT_EQ(record.failure, "kdump_pre /pre exited with status 3, so no dump is made");
}

TEST_F(HooksTest, AKdumpPreThatHangsCrashesOrCannotRunForbidsNothing) {
  for (const ExitState& end :
       {ExitState{.timed_out = true}, ExitState{.signal = SIGSEGV}, ExitState{.code = 127}}) {
    system.hook_ends["/pre"] = end;
    EXPECT_EQ(run(), Action::poweroff);
    EXPECT_TRUE(record.saved);
    EXPECT_THAT(record.warnings, testing::Contains(HasSubstr("hook /pre: ")));
  }
}

TEST_F(HooksTest, OthersThatFailAreWarnings) {
  system.hook_ends["/pre.d/1"] = {.code = 1};
  system.hook_ends["/post"] = {.code = 2};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_TRUE(record.saved);
  EXPECT_THAT(record.warnings,
              ElementsAre("hook /pre.d/1: exited with status 1", "hook /post: exited with status 2"));
}

}  // namespace
}  // namespace kdump::capture
