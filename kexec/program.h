// SPDX-License-Identifier: GPL-2.0-or-later
// kexec(8) without its process: arguments in, texts and exit status out.
#pragma once

#include <span>
#include <string>

#include "kexec/kernel_calls.h"
#include "kexec/loader.h"

namespace kdump::kexec {

// Exit statuses, as kexec-tools has them.
inline constexpr int kExitSuccess = 0;  // with -S: not loaded
inline constexpr int kExitUsage = 1;    // usage, or no reservation; with -S: loaded
inline constexpr int kExitLoadFailed = 255;

struct Answer {
  int exit_status = kExitSuccess;
  std::string output;    // for standard output
  std::string messages;  // for standard error
};

Answer run_kexec(std::span<char* const> arguments, KernelCalls& kernel, const SystemRoot& root);

}  // namespace kdump::kexec
