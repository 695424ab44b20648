// SPDX-License-Identifier: GPL-2.0-or-later
// The steps against a machine that does what the test says.
#include "initramfs/capture/capture.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

namespace kdump::capture {
namespace {

using plan::Action;
using protocol::EventKind;
using protocol::Mode;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class FakeSystem final : public System {
 public:
  // What each part of the machine answers, and what was asked of it.
  Result<std::string> plan_text = plan::to_json(plan_of());
  std::map<std::string, Status> modules;
  Result<std::string> device = "/dev/vda";
  std::map<std::string, Result<std::string>> devices;  // by UUID, before `device`
  Result<Mounted> mount = Mounted{.where = "/kdumproot"};
  Status unmount;
  Result<NetworkUp> network = NetworkUp{.described = "eth0"};
  std::vector<seconds> network_patience;
  std::map<Mode, AttemptOutcome> attempts;
  struct Scripted {
    Mode mode;
    AttemptOutcome outcome;
    std::vector<protocol::Event> events;
  };
  std::function<void(const std::string& uuid)> on_find;
  std::map<std::string, ExitState> hook_ends;
  std::deque<Scripted> script;  // before `attempts` and `events`
  std::map<Mode, std::vector<protocol::Event>> events = {{Mode::dump, good_dump()}};
  std::vector<std::string> calls;
  std::map<Mode, protocol::Request> requests;
  std::map<Mode, AttemptLimits> limits;

  static plan::Plan plan_of() {
    plan::Plan plan;
    plan.toolchain_version = "0.1.0";
    plan.kernel_release = "6.1.0";
    plan.hostname = "demo";
    plan.modules = {"/a.ko", "/b.ko"};
    plan.collector = {"makedumpfile", "-d", "31"};
    plan::Target target;
    target.device.uuid = "u-1";
    target.fstype = "ext4";
    target.directory = "/var/crash";
    plan.targets = {target};
    plan.final_action = Action::poweroff;
    plan.failure_action = Action::halt;
    return plan;
  }

  static std::vector<protocol::Event> good_dump() {
    return {{.kind = EventKind::directory, .text = "/kdumproot/var/crash/127.0.0.1-x"},
            {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10},
            {.kind = EventKind::step, .text = "Copying data", .number = 4},
            {.kind = EventKind::progress, .number = 4},
            {.kind = EventKind::summary, .summary = {.pages_total = 9, .pages_written = 4, .classes = {}}},
            {.kind = EventKind::saved, .text = "vmcore", .number = 100},
            {.kind = EventKind::done}};
  }

  Result<std::string> read_plan() override { return plan_text; }
  Status load_module(const std::string& path, SteadyTime /*unused*/) override {
    calls.push_back("load " + path);
    return modules.contains(path) ? modules[path] : Status();
  }
  Result<std::string> find_device(const plan::Device& wanted, SteadyTime /*unused*/) override {
    calls.push_back("find " + wanted.uuid);
    if (on_find) on_find(wanted.uuid);
    return devices.contains(wanted.uuid) ? devices.at(wanted.uuid) : device;
  }
  void abandon(const std::string& name) override { calls.push_back("abandon " + name); }
  Result<Mounted> mount_target(const std::string& name, const plan::Target& /*unused*/,
                               SteadyTime /*unused*/) override {
    calls.push_back("mount " + name);
    return mount;
  }
  Status unmount_target(SteadyTime /*unused*/) override {
    calls.emplace_back("unmount");
    return unmount;
  }
  Result<NetworkUp> bring_up_network(const plan::Network& /*unused*/, SteadyTime deadline) override {
    calls.emplace_back("network");
    network_patience.push_back(std::chrono::ceil<seconds>(deadline - steady_clock::now()));
    return network;
  }
  Result<Mounted> mount_nfs(const plan::Target& target, SteadyTime /*unused*/) override {
    calls.push_back("mount " + plan::target_text(target));
    return mount;
  }
  AttemptOutcome run_worker(const std::string& program, const protocol::Request& request,
                            const AttemptLimits& given, WorkerListener& listener) override {
    const std::string which = program.substr(std::string(protocol::kWorkerInImage).size());
    calls.push_back("worker" + which + " " + std::string(protocol::mode_name(request.mode)));
    requests[request.mode] = request;
    limits[request.mode] = given;
    if (!script.empty() && script.front().mode == request.mode) {
      const Scripted scripted = std::move(script.front());
      script.pop_front();
      for (const protocol::Event& event : scripted.events) listener.on_event(event);
      return scripted.outcome;
    }
    for (const protocol::Event& event : events[request.mode]) listener.on_event(event);
    return attempts[request.mode];
  }
  Result<ExitState> run_hook(const std::vector<std::string>& argv, SteadyTime /*unused*/,
                             WorkerListener& listener) override {
    std::string call = "hook";
    for (const std::string& word : argv) call += " " + word;
    calls.push_back(call);
    listener.on_output("hello");
    return hook_ends.contains(argv[0]) ? hook_ends[argv[0]] : ExitState{};
  }
  Status run_shell() override {
    calls.emplace_back("shell");
    return {};
  }
  MemoryFigures memory() override { return {.total_kib = 100, .available_min_kib = 50}; }
};

AttemptOutcome failing(const std::string& reason) {
  AttemptOutcome outcome;
  outcome.status = fail("{}", reason);
  return outcome;
}

class CaptureTest : public testing::Test {
 protected:
  Action run() { return capture(system, console_, record); }
  void plan_with(const std::function<void(plan::Plan&)>& change) {
    plan::Plan plan = FakeSystem::plan_of();
    change(plan);
    system.plan_text = plan::to_json(plan);
  }

  FakeSystem system;
  Record record;

 private:
  Console console_{UniqueFd(), UniqueFd()};
};

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

TEST_F(ChainTest, TheFailureNamesEachTarget) {
  for (auto& [uuid, device] : system.devices) device = absent();
  run();
  EXPECT_THAT(record.failure, HasSubstr("UUID=u-1: find the target device: did not appear; UUID=u-2: "));
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

TEST_F(CaptureTest, ANetworkThatDoesNotComeUpFailsTheNextServerSoon) {
  plan_with([](plan::Plan& plan) {
    plan::Target server;
    server.kind = plan::TargetKind::ssh;
    server.server = {.host = "a.example", .addresses = {"192.0.2.1"}, .port = 0};
    server.ssh = {.user = "kdump", .key = "/key", .known_hosts = "a.example ssh-ed25519 AAAA"};
    server.directory = "/dumps";
    plan.targets.push_back(server);
    server.server.host = "b.example";
    plan.targets.push_back(server);
    plan.targets.erase(plan.targets.begin());
    plan.deadlines.network = seconds(60);
  });
  system.network = fail("eth0 has no carrier");
  EXPECT_EQ(run(), Action::halt);
  ASSERT_GE(system.network_patience.size(), 2U);
  EXPECT_EQ(system.network_patience[0], seconds(60));
  EXPECT_LE(system.network_patience[1], seconds(10));
  EXPECT_THAT(record.failure, HasSubstr("bring up the network: eth0 has no carrier"));
}

}  // namespace
}  // namespace kdump::capture
