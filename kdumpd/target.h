// SPDX-License-Identifier: GPL-2.0-or-later
// From `path` and `ext4 …`, `xfs …`, … in kdump.conf to a device, its filesystem and a directory on it, as
// the capture kernel will find them.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "conf/config.h"
#include "initramfs/plan/plan.h"
#include "kdumpd/host.h"

namespace kdump::service {

struct ResolvedTarget {
  plan::Target target;
  std::string described;              // "/var/crash on /dev/vda (ext4)"
  std::vector<std::string> warnings;  // what may make a dump fail
};

// Error for whatever would make every dump fail: no directory, no such device, a filesystem not built yet, …
// The first is the one that `path` or a filesystem's directive names, the others are the fallbacks.
std::vector<Result<ResolvedTarget>> resolve_targets(const Host& host, const conf::Config& config);

// The root filesystem of this system, for failure_action dump_to_rootfs: `path` where it is on it, otherwise
// /var/crash, otherwise the root directory.
Result<ResolvedTarget> resolve_rootfs(const Host& host, const conf::Config& config);

}  // namespace kdump::service
