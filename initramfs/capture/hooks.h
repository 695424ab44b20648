// SPDX-License-Identifier: GPL-2.0-or-later
// The administrator's programs around the dump, in the order the incumbents have: kdump_pre, pre.d; post.d,
// kdump_post; emergency.d, kdump_emergency. Only the exit status of kdump_pre changes anything.
#pragma once

#include "common/error.h"
#include "initramfs/capture/steps.h"

namespace kdump::capture {

class Hooks {
 public:
  Hooks(Steps& steps, const plan::Plan& plan) : steps_(steps), plan_(plan) {}

  // An error when kdump_pre says, by its exit status, that there shall be no dump. One that cannot be run,
  // crashes or does not end in time has said nothing, and the dump is made.
  Status before_dump();
  // With 0 or 1 as its argument; once, however often it is called.
  void after_dump(bool saved);
  // Whether there was any.
  bool emergency();

 private:
  void run_all(const std::vector<std::string>& programs, const std::vector<std::string>& arguments);
  void run(const std::string& program, const std::vector<std::string>& arguments);

  Steps& steps_;
  const plan::Plan& plan_;
  bool after_ran_ = false;
};

}  // namespace kdump::capture
