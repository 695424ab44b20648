// SPDX-License-Identifier: GPL-2.0-or-later
// The bare machine, before the first step and after the last.
#pragma once

#include <string>
#include <vector>

#include "common/fd.h"
#include "initramfs/capture/console.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {

struct Machine {
  Console console;
  UniqueFd sysrq;                     // /proc/sysrq-trigger, open since before anything could go wrong
  std::vector<std::string> problems;  // what of it did not work, in words
};

// Mounts /proc, /sys, /dev, /run and /tmp, opens the console and the way out, locks this process in memory.
// What fails is told in `problems`; there is no reason not to go on.
Machine boot();

// Does it, and never returns: a child asks the kernel, and when the machine still runs ten seconds later the
// sysrq does it the hard way.
[[noreturn]] void act(plan::Action action, Machine& machine);

}  // namespace kdump::capture
