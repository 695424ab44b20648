// SPDX-License-Identifier: GPL-2.0-or-later
// The steps against a machine that does what the test says.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/initramfs/capture/fake_system.h"

namespace kdump::capture {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(CaptureTest, AGoodDumpEndsInTheFinalAction) {
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("load /a.ko", "load /b.ko", "find u-1", "mount /dev/vda",
                                        "worker dump", "worker finish", "unmount"));
  EXPECT_TRUE(record.saved);
  EXPECT_EQ(record.failure, "");
  EXPECT_EQ(record.target().directory, "/var/crash/127.0.0.1-x");
  EXPECT_EQ(record.summary.pages_written, 4U);
}

TEST_F(CaptureTest, TheWorkerIsToldWhereEverythingIs) {
  run();
  EXPECT_EQ(system.requests[Mode::dump].directory, "/kdumproot/var/crash");
  EXPECT_EQ(system.requests[Mode::dump].dump_directory, "");
  EXPECT_EQ(system.requests[Mode::dump].vmcore, "/proc/vmcore");
  EXPECT_EQ(system.requests[Mode::finish].dump_directory, "/kdumproot/var/crash/127.0.0.1-x");
}

TEST_F(CaptureTest, TheResultHoldsEveryStepUpToThen) {
  run();
  const auto result = nlohmann::json::parse(system.requests[Mode::finish].result);
  EXPECT_EQ(result["saved"], true);
  EXPECT_EQ(result["memory"]["available_min_kib"], 50);
  EXPECT_EQ(result["steps"].size(), 5U);
  EXPECT_EQ(result["hostname"], "demo");
}

TEST_F(CaptureTest, ADamagedPlanRebootsAndShowsTheLog) {
  system.plan_text = "{\"version\": 99}";
  EXPECT_EQ(run(), Action::reboot);
  EXPECT_THAT(system.calls, ElementsAre("worker console_log"));
  EXPECT_THAT(record.failure, HasSubstr("version"));
}

TEST_F(CaptureTest, AMissingPlanRebootsToo) {
  system.plan_text = fail("cannot open /plan.json: no such file or directory");
  EXPECT_EQ(run(), Action::reboot);
  EXPECT_THAT(record.failure, HasSubstr("/plan.json"));
}

TEST_F(CaptureTest, AModuleThatFailsIsAWarning) {
  system.modules["/a.ko"] = fail("cannot load /a.ko");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(record.warnings, ElementsAre(HasSubstr("/a.ko")));
}

TEST_F(CaptureTest, ADeviceThatNeverComesEndsInTheFailureAction) {
  system.device = fail(ErrorKind::timed_out, "UUID=u-1 did not appear");
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(record.failure, HasSubstr("UUID=u-1"));
  EXPECT_THAT(system.calls, ElementsAre("load /a.ko", "load /b.ko", "find u-1", "worker console_log"));
}

TEST_F(CaptureTest, AFailedMountDoesNotUnmount) {
  system.mount = fail("cannot mount /dev/vda");
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls,
              ElementsAre("load /a.ko", "load /b.ko", "find u-1", "mount /dev/vda", "worker console_log"));
}

TEST_F(CaptureTest, ADamagedFilesystemIsAWarning) {
  system.mount = Mounted{.where = "/kdumproot", .warning = "the filesystem is marked as damaged"};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(record.warnings, ElementsAre(HasSubstr("damaged")));
}

TEST_F(CaptureTest, ADeadWorkerLeavesItsReasonBesideTheLog) {
  system.events[Mode::dump] = {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/d"},
                               {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10}};
  system.attempts[Mode::dump] = failing("killed by signal 9 (Killed)");
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("load /a.ko", "load /b.ko", "find u-1", "mount /dev/vda",
                                        "worker dump", "worker finish", "unmount"));
  const auto result = nlohmann::json::parse(system.requests[Mode::finish].result);
  EXPECT_EQ(result["saved"], false);
  EXPECT_THAT(result["failure"].get<std::string>(), HasSubstr("signal 9"));
}

TEST_F(CaptureTest, AWorkerThatDiedBeforeTheLogIsAskedForTheLogAlone) {
  system.events[Mode::dump] = {};
  system.attempts[Mode::dump] = failing("crashed");
  system.events[Mode::log] = {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/d"},
                              {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10}};
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("load /a.ko", "load /b.ko", "find u-1", "mount /dev/vda",
                                        "worker dump", "worker log", "worker finish", "unmount"));
}

TEST_F(CaptureTest, ALogThatCannotBeSavedIsShown) {
  system.events[Mode::dump] = {};
  system.attempts[Mode::dump] = failing("no such directory");
  system.attempts[Mode::log] = failing("no such directory");
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("load /a.ko", "load /b.ko", "find u-1", "mount /dev/vda",
                                        "worker dump", "worker log", "unmount", "worker console_log"));
}

TEST_F(CaptureTest, NobodyGoesNearATargetThatHoldsAWorker) {
  system.events[Mode::dump] = {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/d"}};
  system.attempts[Mode::dump] = failing("stuck");
  system.attempts[Mode::dump].left_behind = true;
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("load /a.ko", "load /b.ko", "find u-1", "mount /dev/vda",
                                        "worker dump", "abandon /dev/vda", "worker console_log"));
}

TEST_F(CaptureTest, AWorkerThatCannotStartIsNotTriedAgain) {
  system.events[Mode::dump] = {};
  system.attempts[Mode::dump] = failing("cannot start: libzstd.so.1");
  system.attempts[Mode::dump].cannot_start = true;
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("load /a.ko", "load /b.ko", "find u-1", "mount /dev/vda",
                                        "worker dump", "unmount"));
  EXPECT_THAT(record.failure, HasSubstr("libzstd.so.1"));
}

TEST_F(CaptureTest, AFailedUnmountDoesNotUndoADump) {
  system.unmount = fail(ErrorKind::timed_out, "did not finish in time");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(record.warnings, ElementsAre(HasSubstr("unmount")));
}

TEST_F(CaptureTest, AResultThatCannotBeSavedDoesNotUndoADump) {
  system.attempts[Mode::finish] = failing("no space left on device");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_TRUE(record.saved);
}

TEST_F(CaptureTest, TheShellOpensWhenThereIsNoDumpAndTheFinalActionFollows) {
  plan_with([](plan::Plan& plan) { plan.failure_action = Action::shell; });
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, Not(testing::Contains("shell")));
  system.device = fail("no device");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_EQ(system.calls.back(), "shell");
}

TEST_F(CaptureTest, DumpToRootfsIsOneMoreTarget) {
  plan_with([](plan::Plan& plan) {
    plan.modules.clear();
    plan.failure_action = Action::dump_to_rootfs;
    plan.hooks.post = "/post";
    plan.rootfs = {plan.targets[0]};
    plan.rootfs[0].device.uuid = "root";
  });
  system.devices = {{"u-1", fail("no device")}};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("find u-1", "hook /post 1", "worker console_log", "find root",
                                        "mount /dev/vda", "worker dump", "worker finish", "unmount"));
  EXPECT_TRUE(record.saved);
  EXPECT_EQ(record.failure, "");
}

TEST_F(CaptureTest, TheOverallDeadlineHoldsTheDumpButNotWhatComesAfter) {
  plan_with([](plan::Plan& plan) { plan.deadlines.overall = seconds(5); });
  run();
  EXPECT_LE(*system.limits[Mode::dump].deadline, steady_clock::now() + seconds(5));
  EXPECT_GT(*system.limits[Mode::finish].deadline, steady_clock::now() + seconds(60));
}

TEST_F(CaptureTest, TheStallLimitIsThePlans) {
  plan_with([](plan::Plan& plan) { plan.targets[0].stall = seconds(77); });
  run();
  EXPECT_EQ(system.limits[Mode::dump].stall, seconds(77));
  EXPECT_GT(*system.limits[Mode::dump].deadline, steady_clock::now() + seconds(86400));
}

TEST_F(CaptureTest, TheFailureActionIsKnownToWhoeverCatchesAnException) {
  run();
  EXPECT_EQ(record.failure_action, Action::halt);
}

}  // namespace
}  // namespace kdump::capture
