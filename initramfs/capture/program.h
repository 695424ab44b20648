// SPDX-License-Identifier: GPL-2.0-or-later
// Programs of the administrator's in the capture kernel.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "common/process.h"
#include "initramfs/capture/system.h"

namespace kdump::capture {

// Runs it in a session of its own, which is killed as a whole at the deadline; its lines go to the listener
// as they come. What it left running in the background goes with it when it ends.
Result<ExitState> run_program(const std::vector<std::string>& argv, SteadyTime deadline,
                              WorkerListener& listener);

// busybox's shell on /dev/console, with all its commands, until it is left.
Status run_console_shell();

}  // namespace kdump::capture
