// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/hooks.h"

namespace kdump::capture {

void Hooks::run(const std::string& program, const std::vector<std::string>& arguments) {
  if (program.empty()) return;
  std::vector<std::string> argv{program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  [[maybe_unused]] const auto logged_only = steps_.run_hook(argv, plan_.deadlines.hook);
}

void Hooks::run_all(const std::vector<std::string>& programs, const std::vector<std::string>& arguments) {
  for (const std::string& program : programs) run(program, arguments);
}

Status Hooks::before_dump() {
  if (!plan_.hooks.pre.empty()) {
    const Result<ExitState> ended = steps_.run_hook({plan_.hooks.pre}, plan_.deadlines.hook);
    constexpr int kCouldNotStart = 127;
    const bool says_no =
        ended && !ended->timed_out && ended->signal == 0 && ended->code != 0 && ended->code != kCouldNotStart;
    if (says_no) return fail("kdump_pre {} {}, so no dump is made", plan_.hooks.pre, ended->describe());
  }
  run_all(plan_.hooks.pre_d, {});
  return {};
}

void Hooks::after_dump(bool saved) {
  if (after_ran_) return;
  after_ran_ = true;
  const std::string status = saved ? "0" : "1";
  run_all(plan_.hooks.post_d, {status});
  run(plan_.hooks.post, {status});
}

bool Hooks::emergency() {
  run_all(plan_.hooks.emergency_d, {});
  run(plan_.hooks.emergency, {});
  return !plan_.hooks.emergency_d.empty() || !plan_.hooks.emergency.empty();
}

}  // namespace kdump::capture
