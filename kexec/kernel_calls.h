// SPDX-License-Identifier: GPL-2.0-or-later
// What the loader asks of the running kernel by system call: the seam tests put a recording fake behind.
#pragma once

#include <chrono>
#include <string>

namespace kdump::kexec {

// Flags of kexec_file_load(2), include/uapi/linux/kexec.h.
inline constexpr unsigned long kFileUnload = 0x1;
inline constexpr unsigned long kFileOnCrash = 0x2;
inline constexpr unsigned long kFileNoInitramfs = 0x4;
inline constexpr unsigned long kFileDebug = 0x8;  // 6.8, cbc2fe9d9cb2

class KernelCalls {
 public:
  KernelCalls() = default;
  KernelCalls(const KernelCalls&) = delete;
  KernelCalls& operator=(const KernelCalls&) = delete;
  virtual ~KernelCalls() = default;

  // 0, or the errno. The command line goes with its NUL; descriptors that do not apply are -1.
  virtual int kexec_file_load(int kernel_fd, int initrd_fd, const std::string& command_line,
                              unsigned long flags) = 0;
  // CAP_SYS_BOOT is effective.
  [[nodiscard]] virtual bool may_boot() = 0;
  // The machine as uname has it, e.g. "x86_64".
  [[nodiscard]] virtual std::string machine() = 0;
  virtual void pause(std::chrono::milliseconds duration) = 0;
};

// The kernel this process runs on.
KernelCalls& running_kernel();

}  // namespace kdump::kexec
