// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "kexec/program.h"

int main(int argc, char** argv) {
  using namespace kdump::kexec;
  const std::span<char* const> arguments(argv, static_cast<size_t>(argc));
  const Answer answer = run_kexec(arguments.subspan(argc > 0 ? 1 : 0), running_kernel(), {});
  std::fputs(answer.messages.c_str(), stderr);
  std::fputs(answer.output.c_str(), stdout);
  return std::fflush(stdout) == 0 ? answer.exit_status : kExitUsage;
}
