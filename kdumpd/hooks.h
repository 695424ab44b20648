// SPDX-License-Identifier: GPL-2.0-or-later
// The administrator's programs for the capture kernel: kdump_pre, kdump_post, kdump_emergency, what lies in
// /etc/kdump/{pre,post,emergency}.d, extra_bins, and the shell.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"
#include "initramfs/plan/plan.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/machine/problems.h"

namespace kdump::service {

struct Programs {
  plan::Hooks hooks;
  std::vector<std::string> paths;  // all that the image needs, each once
};

// A program that is missing or not executable is an error; a file in a .d directory that is not executable is
// left out with a warning.
Programs find_programs(const Host& host, const conf::Config& config, Problems& problems);

}  // namespace kdump::service
