// SPDX-License-Identifier: GPL-2.0-or-later
// Devices and what the kernel can mount, tried as the capture kernel will use them. Mounts are made where
// nobody sees them, and go with this process. The kernel may hang in any of these: run them in a child that
// has a deadline. The answer is the space for dumps in bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error.h"
#include "initramfs/plan/plan.h"

namespace kdump::service {

Result<std::optional<uint64_t>> prove_filesystem(const plan::Target& target);
Result<std::optional<uint64_t>> prove_raw(const plan::Target& target);
Result<std::optional<uint64_t>> prove_kernel_nfs(const plan::Target& target);

// In `directory` below the open folder `root`: a file is written, made durable, read back and removed.
Result<uint64_t> prove_directory(int root, const std::string& directory);

}  // namespace kdump::service
