// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of a load and of an unload, on a kernel that is given: load_crash_image() and its like in
// kexec/loader.h are these on the running one.
#pragma once

#include <optional>

#include "kexec/kernel_calls.h"
#include "kexec/loader.h"
#include "kexec/preflight.h"

namespace kdump::kexec {

class CrashLoader {
 public:
  CrashLoader(KernelCalls& kernel, SystemRoot root, bool debug = false)
      : kernel_(kernel), root_(std::move(root)), debug_(debug) {}

  LoadOutcome load(const CrashImage& image, const std::optional<CrashImage>& previous);
  Status unload();
  Status unload_reboot_image();

 private:
  Status load_checked(const CrashImage& image, const Preflight& checked);
  Status load_unchecked(const CrashImage& image);
  int load_files(int kernel_fd, int initrd_fd, const CrashImage& image);
  [[nodiscard]] Status confirm_loaded(std::string_view what) const;
  void restore(const std::optional<CrashImage>& previous, LoadOutcome& outcome);
  Status unload_image(unsigned long flags);
  // The call, repeated while the kernel is busy with another one; 0 or the errno.
  int call_patiently(int kernel_fd, int initrd_fd, const std::string& command_line, unsigned long flags);
  [[nodiscard]] std::optional<CrashImage> recorded() const;

  KernelCalls& kernel_;
  SystemRoot root_;
  bool debug_;
  std::vector<std::string> trace_;
};

}  // namespace kdump::kexec
