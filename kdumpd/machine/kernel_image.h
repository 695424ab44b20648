// SPDX-License-Identifier: GPL-2.0-or-later
// Which kernel is loaded for a crash.
#pragma once

#include <string>

#include "common/error.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

struct KernelImage {
  std::string release;  // as uname -r has it
  std::string path;     // of its bzImage, without the host's prefix
};

// The release asked for (KDUMP_KERNELVER), or else the running one.
Result<std::string> kernel_release(const Host& host, const std::string& wanted);

// Where its image is. The error names every place that was looked at.
Result<KernelImage> find_kernel(const Host& host, const std::string& wanted);

}  // namespace kdump::service
