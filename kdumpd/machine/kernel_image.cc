// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/kernel_image.h"

namespace kdump::service {
namespace {

// In this order; {} is the release.
constexpr const char* kPlaces[] = {"/boot/vmlinuz-{}", "/usr/lib/modules/{}/vmlinuz",
                                   "/lib/modules/{}/vmlinuz", "/boot/bzImage-{}", "/boot/kernel-{}"};

}  // namespace

Result<std::string> kernel_release(const Host& host, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  return host.read("/proc/sys/kernel/osrelease");
}

Result<KernelImage> find_kernel(const Host& host, const std::string& wanted) {
  const std::string release = TRY(kernel_release(host, wanted));
  if (release.find('/') != std::string::npos)
    return fail(ErrorKind::usage, "KDUMP_KERNELVER: \"{}\" is not a kernel release", release);
  std::string tried;
  for (const char* place : kPlaces) {
    const std::string path = fmt::format(fmt::runtime(place), release);
    if (host.exists(path)) return KernelImage{release, path};
    tried += (tried.empty() ? "" : ", ") + path;
  }
  return fail("no image of kernel {}: none of {} exists; install its package, or set KDUMP_KERNELVER in {}",
              release, tried, places::kSysconfig);
}

}  // namespace kdump::service
