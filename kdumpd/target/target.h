// SPDX-License-Identifier: GPL-2.0-or-later
// From the targets of kdump.conf to what the capture kernel will find: devices by their identity, servers by
// their addresses. New kind = a row in conf/target.cc, a file here, and what serves it in initramfs.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "conf/config.h"
#include "initramfs/plan/plan.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/target/probes.h"

namespace kdump::service {

struct ResolvedTarget {
  plan::Target target;
  std::string described;              // "/var/crash on /dev/vda (ext4)", "/srv on ssh kdump@server"
  std::vector<std::string> warnings;  // what may make a dump fail
  bool read_only = false;     // filesystem: mounted so here, by whom nobody else may mount it otherwise
  std::string private_key{};  // ssh: the file here that is target.ssh.key in the image
};

// Error for whatever would make every dump fail: no directory, no such device, no key, …
// ErrorKind::unsupported for what is not built yet. The first is the one that `path` or a target's directive
// names, the others are the fallbacks.
std::vector<Result<ResolvedTarget>> resolve_targets(const Host& host, const conf::Config& config,
                                                    const Probes& probes);

// The root filesystem of this system, for failure_action dump_to_rootfs: `path` where it is on it, otherwise
// /var/crash, otherwise the root directory.
Result<ResolvedTarget> resolve_rootfs(const Host& host, const conf::Config& config);

}  // namespace kdump::service
