// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/capture.h"

#include "initramfs/capture/chain.h"
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
  Chain chain(steps, *plan);
  const Status dumped = chain.dump();
  steps.decide(dumped);
  if (!dumped) chain.save_what_is_left();
  if (!dumped && !chain.log_saved()) show_log(steps, *plan);
  return dumped ? plan->final_action : plan->failure_action;
}

}  // namespace kdump::capture
