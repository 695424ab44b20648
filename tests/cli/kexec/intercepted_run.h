// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the installed-as-is program on a made-up machine: a mount namespace puts fixture files over /proc and
// /sys, and a seccomp user notification (seccomp_unotify(2)) brings every kexec_file_load(2) here, where a
// FakeKernel looks at its descriptors and its command line and answers. The real kernel is never asked.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/kexec/fixture.h"

namespace kdump::kexec::testing {

struct RunResult {
  int exit_status = -1;  // 128 + signal when one ended it
  std::string output;
  std::string messages;
};

struct RunRequest {
  std::vector<std::string> arguments;
  bool capable = true;  // CAP_SYS_BOOT
};

// Throws std::runtime_error when the machine does not let us build the sandbox.
RunResult run_intercepted(const RunRequest& request, const Machine& machine, FakeKernel& kernel);

}  // namespace kdump::kexec::testing
