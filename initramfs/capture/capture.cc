// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/capture.h"

#include "initramfs/capture/chain.h"
#include "initramfs/capture/steps.h"

namespace kdump::capture {
namespace {

// Loads the drivers; the target may be there without the one that fails.
void load_modules(Steps& steps, const plan::Plan& plan) {
  steps.warn_if_failed("load modules", [&]() -> Status {
    for (const std::string& path : plan.modules)
      steps.warn_if_error(steps.system().load_module(path, steps.within(plan.deadlines.device)));
    return {};
  });
}

// The last resort: what the dead kernel said goes to whoever watches the console.
void show_log(Steps& steps, const plan::Plan& plan) {
  steps.warn_if_failed("show the end of the log", [&] { return steps.show_log(plan); });
}

Status dump(Chain& chain, Steps& steps, const plan::Plan& plan) {
  Status dumped = chain.dump();
  steps.decide(dumped);
  if (!dumped) chain.save_what_is_left();
  if (!dumped && !chain.log_saved()) show_log(steps, plan);
  return dumped;
}

// kdump_pre has forbidden the dump; what it said, and the log, are saved all the same.
plan::Action end_without_dump(Chain& chain, Steps& steps, const plan::Plan& plan, const Status& why) {
  steps.decide(why);
  chain.save_what_is_left();
  if (!chain.log_saved()) show_log(steps, plan);
  return plan.final_action;
}

plan::Action open_shell(Steps& steps, const plan::Plan& plan) {
  steps.say(
      fmt::format("the dump is NOT saved; leave the shell to {}", plan::action_name(plan.final_action)));
  steps.feed_watchdogs_for_long();
  steps.warn_if_failed("shell", [&] { return steps.system().run_shell(); });
  return plan.final_action;
}

// The root filesystem of the system that died, as if it were the only target; nobody's hooks run twice.
plan::Action dump_to_rootfs(Steps& steps, const plan::Plan& plan) {
  plan::Plan rescue = plan;
  rescue.hooks = {};
  Hooks none(steps, rescue);
  Chain chain(steps, none, rescue, Chain::Which::rootfs);
  [[maybe_unused]] const Status told = dump(chain, steps, rescue);
  return plan.final_action;
}

plan::Action failure_action(Steps& steps, const plan::Plan& plan) {
  if (plan.failure_action == plan::Action::shell) return open_shell(steps, plan);
  if (plan.failure_action == plan::Action::dump_to_rootfs) return dump_to_rootfs(steps, plan);
  return plan.failure_action;
}

plan::Action follow(Steps& steps, const plan::Plan& plan) {
  steps.begin(plan);
  load_modules(steps, plan);
  steps.tell_watchdogs(plan);
  Hooks hooks(steps, plan);
  Chain chain(steps, hooks, plan);
  const Status allowed = hooks.before_dump();
  if (!allowed) return end_without_dump(chain, steps, plan, allowed);
  const Status dumped = dump(chain, steps, plan);
  if (dumped) return plan.final_action;
  if (hooks.emergency()) chain.tell_again();
  return failure_action(steps, plan);
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
  const plan::Action action = follow(steps, *plan);
  steps.summarize();
  steps.leave_watchdogs(action);
  return action;
}

}  // namespace kdump::capture
