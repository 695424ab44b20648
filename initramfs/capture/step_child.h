// SPDX-License-Identifier: GPL-2.0-or-later
// One outside step in a process of its own: whatever the kernel does to it, the caller goes on.
#pragma once

#include <functional>
#include <string>

#include "common/error.h"
#include "common/process.h"

namespace kdump::capture {

// What a child may use to hand back text before it is known whether it will ever finish.
using Emit = std::function<void(std::string_view)>;

struct StepOutput {
  Status status;     // the body's error, or that it crashed or did not finish in time
  std::string text;  // what it emitted, at most 64 KiB
  bool timed_out = false;
};

// Runs `body` in a forked child; a child that is stuck in the kernel at the deadline is left behind.
StepOutput run_in_child(const std::function<Status(const Emit&)>& body, SteadyTime deadline);

// The same for a body with nothing to say.
Status run_step_in_child(const std::function<Status()>& body, SteadyTime deadline);

}  // namespace kdump::capture
