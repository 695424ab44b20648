// SPDX-License-Identifier: GPL-2.0-or-later
// Targets in order, and what is left to say when one fails.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/unit/initramfs/capture/fake_system.h"

namespace kdump::capture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Three targets, each with a device of its own.
class ChainTest : public CaptureTest {
 protected:
  void SetUp() override {
    plan_with([](plan::Plan& plan) {
      plan.modules.clear();
      for (const char* uuid : {"u-2", "u-3"}) {
        plan.targets.push_back(plan.targets[0]);
        plan.targets.back().device.uuid = uuid;
      }
    });
    system.devices = {{"u-1", "/dev/vda"}, {"u-2", "/dev/vdb"}, {"u-3", "/dev/vdc"}};
  }
  static Result<std::string> absent() { return fail(ErrorKind::timed_out, "did not appear"); }
  // A dump that ended with `reason` after the log was saved.
  static FakeSystem::Scripted full_disk() {
    return {Mode::dump,
            failing("no space left"),
            {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/d"},
             {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10}}};
  }
  nlohmann::json result() { return nlohmann::json::parse(system.requests[Mode::finish].result); }
};

TEST_F(ChainTest, TheSecondTargetTakesWhatTheFirstDoesNot) {
  system.devices.at("u-1") = absent();
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("find u-1", "find u-2", "mount /dev/vdb", "worker dump",
                                        "worker finish", "unmount"));
  EXPECT_TRUE(record.saved);
  EXPECT_EQ(result()["targets"].size(), 2U);
  EXPECT_THAT(result()["targets"][0]["error"].get<std::string>(), HasSubstr("did not appear"));
  EXPECT_EQ(result()["saved"], true);
  EXPECT_EQ(result()["target"], "/dev/vdb (UUID=u-2 /var/crash)");
}

TEST_F(ChainTest, AReasonIsToldOnceAndNoneWhenADumpWasMadeAfterAll) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  Console console{UniqueFd(ends[1]), UniqueFd()};
  system.devices["u-1"] = absent();
  capture(system, console, record);
  std::string told(65536, 0);
  told.resize(static_cast<size_t>(std::max<ssize_t>(0, read(reader.get(), told.data(), told.size()))));
  const size_t first = told.find("no dump: ");
  ASSERT_NE(first, std::string::npos) << told;
  EXPECT_THAT(told.substr(first),
              testing::StartsWith("no dump: UUID=u-1: find the target device: did not appear"));
  EXPECT_EQ(told.find("no dump:", first + 1), std::string::npos) << told;
}

TEST_F(ChainTest, TwoFailToAWorkingThird) {
  system.devices.at("u-1") = absent();
  system.script = {full_disk()};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls,
              ElementsAre("find u-1", "find u-2", "mount /dev/vdb", "worker dump", "worker finish", "unmount",
                          "find u-3", "mount /dev/vdc", "worker dump", "worker finish", "unmount"));
  EXPECT_EQ(result()["targets"].size(), 3U);
  EXPECT_THAT(result()["targets"][1]["error"].get<std::string>(), HasSubstr("no space left"));
}

TEST_F(ChainTest, ADirectoryOfOneTargetIsNotThatOfTheNext) {
  system.script = {full_disk()};
  run();
  EXPECT_EQ(system.requests[Mode::dump].dump_directory, "");
  EXPECT_EQ(record.targets.size(), 2U);
}

TEST_F(ChainTest, AfterTheLastTheFirstThatTookTheLogIsToldTheRest) {
  system.script = {full_disk()};
  system.devices.at("u-2") = absent();
  system.devices.at("u-3") = absent();
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls,
              ElementsAre("find u-1", "mount /dev/vda", "worker dump", "worker finish", "unmount", "find u-2",
                          "find u-3", "find u-1", "mount /dev/vda", "worker finish", "unmount"));
  EXPECT_EQ(system.requests[Mode::finish].dump_directory, "/kdumproot/var/crash/d");
  EXPECT_EQ(result()["targets"].size(), 3U);
  EXPECT_THAT(result()["failure"].get<std::string>(), HasSubstr("UUID=u-3: "));
}

TEST_F(ChainTest, TheLogAloneIsTriedOnEveryTargetInOrder) {
  system.devices.at("u-1") = absent();
  system.devices.at("u-3") = absent();
  system.script = {{Mode::dump, failing("crashed"), {}}, {Mode::log, failing("crashed"), {}}};
  EXPECT_EQ(run(), Action::halt);
  // The second takes not even the log, the third has just been looked for: the first may be there by now.
  EXPECT_THAT(system.calls, ElementsAre("find u-1", "find u-2", "mount /dev/vdb", "worker dump", "worker log",
                                        "unmount", "find u-3", "find u-1", "worker console_log"));
}

TEST_F(ChainTest, ALateDeviceTakesTheLog) {
  system.devices.at("u-2") = absent();
  system.devices.at("u-3") = absent();
  system.devices.at("u-1") = absent();
  int looks = 0;
  system.on_find = [&](const std::string& uuid) {
    if (uuid == "u-1" && ++looks == 2) system.devices.at("u-1") = "/dev/vda";
  };
  system.events[Mode::log] = {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/d"},
                              {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10}};
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("find u-1", "find u-2", "find u-3", "find u-1", "mount /dev/vda",
                                        "worker log", "worker finish", "unmount"));
  EXPECT_EQ(result()["saved"], false);
}

TEST_F(ChainTest, ADeviceThatHungIsLeftAlone) {
  plan_with([](plan::Plan& plan) {
    plan.modules.clear();
    plan.targets.push_back(plan.targets[0]);
    plan.targets.push_back(plan.targets[0]);
    plan.targets[1].directory = "/elsewhere";
    plan.targets[2].device.uuid = "u-2";
  });
  system.script = {{Mode::dump, failing("stuck"), {}}};
  system.script.front().outcome.left_behind = true;
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls,
              ElementsAre("find u-1", "mount /dev/vda", "worker dump", "abandon /dev/vda", "find u-2",
                          "mount /dev/vdb", "worker dump", "worker finish", "unmount"));
  EXPECT_THAT(result()["targets"][1]["error"].get<std::string>(), HasSubstr("hung before"));
}

TEST_F(ChainTest, AMountThatHangsIsLeftAlone) {
  system.mount = fail(ErrorKind::timed_out, "did not finish in time");
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls, ElementsAre("find u-1", "mount /dev/vda", "abandon /dev/vda", "find u-2",
                                        "mount /dev/vdb", "abandon /dev/vdb", "find u-3", "mount /dev/vdc",
                                        "abandon /dev/vdc", "worker console_log"));
}

TEST_F(ChainTest, WhereNoTargetHasSpaceForAllOfItTheFirstTakesASmallerDump) {
  FakeSystem::Scripted full = full_disk();
  full.outcome.status = fail(ErrorKind::no_space, "no space left");
  system.script = {full, full, full};
  plan_with([](plan::Plan& plan) {
    plan.modules.clear();
    plan.targets.push_back(plan.targets[0]);
    plan.targets.back().device.uuid = "u-2";
    plan.targets.push_back(plan.targets[0]);
    plan.targets.back().device.uuid = "u-3";
    plan.hooks.post = "/post";
  });
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(
      system.calls,
      ElementsAre("find u-1", "mount /dev/vda", "worker dump", "worker finish", "unmount",  //
                  "find u-2", "mount /dev/vdb", "worker dump", "worker finish", "unmount",  //
                  "find u-3", "mount /dev/vdc", "worker dump", "worker finish", "unmount",  //
                  "find u-1", "mount /dev/vda", "worker dump", "hook /post 0", "worker finish", "unmount"));
  EXPECT_EQ(system.requests[Mode::dump].if_full, protocol::IfFull::smaller);
  EXPECT_EQ(system.requests[Mode::dump].dump_directory, "/kdumproot/var/crash/d");
  EXPECT_EQ(result()["saved"], true);
  EXPECT_EQ(result()["targets"].size(), 3U);
}

TEST_F(ChainTest, ATargetWithAnotherBehindItMakesNoSmallerDump) {
  run();
  EXPECT_EQ(system.requests[Mode::dump].if_full, protocol::IfFull::give_up);
}

TEST_F(ChainTest, TheLastTargetMakesASmallerDumpAtOnce) {
  system.devices.at("u-1") = absent();
  system.devices.at("u-2") = absent();
  run();
  EXPECT_EQ(system.requests[Mode::dump].if_full, protocol::IfFull::smaller);
}

TEST_F(ChainTest, TheFailureNamesEachTarget) {
  for (auto& [uuid, device] : system.devices) device = absent();
  run();
  EXPECT_THAT(record.failure, HasSubstr("UUID=u-1: find the target device: did not appear; UUID=u-2: "));
}

}  // namespace
}  // namespace kdump::capture
