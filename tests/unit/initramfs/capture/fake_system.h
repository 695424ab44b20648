// SPDX-License-Identifier: GPL-2.0-or-later
// A machine that does what the test says, for the steps.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "initramfs/capture/capture.h"

namespace kdump::capture {

using plan::Action;
using protocol::EventKind;
using protocol::Mode;

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
  std::vector<std::chrono::seconds> network_patience;
  std::map<Mode, AttemptOutcome> attempts;
  struct Scripted {
    Mode mode;
    AttemptOutcome outcome;
    std::vector<protocol::Event> events;
  };
  std::function<void(const std::string& uuid)> on_find;
  std::function<void()> on_mount;  // before a mount answers
  std::map<std::string, ExitState> hook_ends;
  std::deque<Scripted> script;  // before `attempts` and `events`
  std::map<Mode, std::vector<protocol::Event>> events = {{Mode::dump, good_dump()}};
  std::vector<std::string> calls;
  std::vector<WatchdogState> watchdog_states;
  bool watchdogs_stopped = false;
  std::vector<std::chrono::steady_clock::duration> fed;  // for so long, at each call
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
    if (on_mount) on_mount();
    return mount;
  }
  Status unmount_target(SteadyTime /*unused*/) override {
    calls.emplace_back("unmount");
    return unmount;
  }
  Result<NetworkUp> bring_up_network(const plan::Network& /*unused*/, SteadyTime deadline) override {
    calls.emplace_back("network");
    network_patience.push_back(
        std::chrono::ceil<std::chrono::seconds>(deadline - std::chrono::steady_clock::now()));
    return network;
  }
  Result<Mounted> mount_nfs(const plan::Target& target, SteadyTime /*unused*/) override {
    calls.push_back("mount " + plan::target_text(target));
    if (on_mount) on_mount();
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
  void take_over_watchdogs(const std::vector<plan::Watchdog>& given) override {
    for (const plan::Watchdog& watchdog : given) calls.push_back("take over " + watchdog.identity);
  }
  void feed_watchdogs(SteadyTime until) override { fed.push_back(until - std::chrono::steady_clock::now()); }
  void stop_watchdogs() override { watchdogs_stopped = true; }
  std::vector<WatchdogState> watchdogs(SteadyTime /*unused*/) override { return watchdog_states; }
  Status run_shell() override {
    calls.emplace_back("shell");
    return {};
  }
  MemoryFigures memory() override { return {.total_kib = 100, .available_min_kib = 50}; }
};

inline AttemptOutcome failing(const std::string& reason) {
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

}  // namespace kdump::capture
