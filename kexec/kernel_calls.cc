// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/kernel_calls.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace kdump::kexec {
namespace {

class RunningKernel : public KernelCalls {
 public:
  int kexec_file_load(int kernel_fd, int initrd_fd, const std::string& command_line,
                      unsigned long flags) override {
#ifdef SYS_kexec_file_load
    const long result = syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, command_line.size() + 1,
                                command_line.c_str(), flags);
    return result == 0 ? 0 : errno;
#else
    // i386, arm, mips, m68k and sh have no such call.
    static_cast<void>(kernel_fd), static_cast<void>(initrd_fd), static_cast<void>(command_line);
    static_cast<void>(flags);
    return ENOSYS;
#endif
  }

  bool may_boot() override {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    if (syscall(SYS_capget, &header, data) != 0) return false;
    return (data[CAP_TO_INDEX(CAP_SYS_BOOT)].effective & CAP_TO_MASK(CAP_SYS_BOOT)) != 0;
  }

  std::string machine() override {
    utsname names{};
    return uname(&names) == 0 ? names.machine : "";
  }

  void pause(std::chrono::milliseconds duration) override { std::this_thread::sleep_for(duration); }
};

}  // namespace

KernelCalls& running_kernel() {
  static RunningKernel kernel;
  return kernel;
}

}  // namespace kdump::kexec
