// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/capture.h"

#include <algorithm>

#include "common/text.h"
#include "initramfs/capture/steps.h"

namespace kdump::capture {
namespace {

using protocol::Mode;

// Loads the drivers; the target may be there without the one that fails.
void load_modules(Steps& steps, const plan::Plan& plan) {
  steps.warn_if_failed("load modules", [&]() -> Status {
    for (const std::string& path : plan.modules)
      steps.warn_if_error(steps.system().load_module(path, steps.within(plan.deadlines.device)));
    return {};
  });
}

Status find_device(Steps& steps, const plan::Plan& plan, const plan::Target& target, std::string& device) {
  return steps.run("find the target device", [&]() -> Status {
    device = TRY(steps.system().find_device(target.device, steps.within(plan.deadlines.device)));
    steps.target_found(target, device);
    return {};
  });
}

Status mount(Steps& steps, const plan::Plan& plan, const plan::Target& target, const std::string& device) {
  return steps.run("mount " + device, [&]() -> Status {
    const SteadyTime deadline = steps.within(plan.deadlines.mount);
    steps.warn_if_any(TRY(steps.system().mount_target(device, target, deadline)));
    return {};
  });
}

// What is known goes beside the dump, or in its place: each in a worker of its own, since the one before may
// have died of the very thing it was asked to do.
void save_circumstances(Steps& steps, const plan::Plan& plan, const plan::Target& target,
                        const Status& dumped) {
  if (!dumped && !steps.log_saved())
    steps.warn_if_failed("save the log alone", [&] { return steps.work(Mode::log, plan, target); });
  if (steps.has_directory())
    steps.warn_if_failed("save the result", [&] { return steps.work(Mode::finish, plan, target); });
}

void detach(Steps& steps, const plan::Plan& plan) {
  steps.warn_if_failed("unmount",
                       [&] { return steps.system().unmount_target(steps.after(plan.deadlines.sync)); });
}

Status dump_to(Steps& steps, const plan::Plan& plan, const plan::Target& target) {
  std::string device;
  TRY(find_device(steps, plan, target, device));
  TRY(mount(steps, plan, target, device));
  const Status dumped = steps.run("save the dump", [&] { return steps.work(Mode::dump, plan, target); });
  steps.decide(dumped);
  // A worker that is stuck in the kernel holds the target: whoever goes there next would get stuck too.
  if (steps.worker_left_behind()) return dumped;
  save_circumstances(steps, plan, target, dumped);
  if (!steps.worker_left_behind()) detach(steps, plan);
  return dumped;
}

Status dump_to_first_that_takes_it(Steps& steps, const plan::Plan& plan) {
  Status dumped = fail("the plan names no target");
  for (const plan::Target& target : plan.targets) {
    dumped = dump_to(steps, plan, target);
    if (dumped) break;
  }
  return dumped;
}

// The last resort: what the dead kernel said goes to whoever watches the console.
void show_log(Steps& steps, const plan::Plan& plan) {
  steps.warn_if_failed("show the end of the log",
                       [&] { return steps.work(Mode::console_log, plan, plan::Target{}); });
}

}  // namespace

plan::Action capture(System& system, Console& console, Record& record) {
  Steps steps(system, console, record);
  const Result<plan::Plan> plan = steps.read_plan();
  if (!plan) {
    steps.decide(Failure(plan.error()));
    show_log(steps, plan::Plan{});
    return plan::Action::reboot;  // failure_action is in the plan; nobody may be there to do anything else
  }
  steps.begin(*plan);
  load_modules(steps, *plan);
  const Status dumped = dump_to_first_that_takes_it(steps, *plan);
  steps.decide(dumped);
  if (!dumped && !steps.log_saved()) show_log(steps, *plan);
  return dumped ? plan->final_action : plan->failure_action;
}

}  // namespace kdump::capture
