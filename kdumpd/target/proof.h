// SPDX-License-Identifier: GPL-2.0-or-later
// Each target is tried as the capture kernel will use it, by the very plan: what works there after a panic is
// what worked here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "kdumpd/target/target.h"

namespace kdump::service {

struct Proof {
  std::optional<uint64_t> free_bytes;  // for dumps; nothing where the target does not tell
};

// Filesystem: mounted where nobody sees it, with the plan's options. Kernel NFS: the same, by the first
// version and address that work. SSH, libnfs: connected, logged in, host key checked. In the directory for
// dumps a file is written, made durable, read back and removed. Raw: opened for itself alone, nothing is
// written. Each in a child with a deadline, so that a dead server or disk ends in an error.
Result<Proof> prove_target(const ResolvedTarget& target, const std::vector<std::string>& collector);

}  // namespace kdump::service
