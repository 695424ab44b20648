// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's NFS client, mounted without mount.nfs: all that program finds out is in the plan already. The
// capture kernel uses it for the dump, the running system for its proof.
// Kernel: fs/nfs/fs_context.c; nfs(5).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/process.h"
#include "initramfs/plan/plan.h"

namespace kdump::plan {

// One way to mount the export: an address and a version.
struct NfsMount {
  std::string address;
  std::string version;  // "4.2"
  std::string fstype;   // "nfs4", "nfs"
  std::string source;   // "[2001:db8::9]:/srv"
  std::string data;     // for mount(2)

  bool operator==(const NfsMount&) const = default;
};

// All of them, in the order to be tried: each address with every version.
std::vector<NfsMount> nfs_mounts(const Target& target);

// mount(2), with nosuid, nodev and noexec. It waits as long as the server likes (killably), so it belongs in
// a child. The error has no more than the reason in it.
Status mount_nfs(const NfsMount& way, const std::string& where);

// Tries one way, until the deadline; an address that does not answer is told by ErrorKind::timed_out or by
// the errno.
using NfsAttempt = std::function<Status(const NfsMount& way, SteadyTime deadline)>;

// The first that works. Of the time left each address gets its share, and one that does not answer is not
// asked for its other versions. The error tells what each way ended with, and is ErrorKind::timed_out when
// something may still hang at the mount point.
Result<NfsMount> mount_first(std::span<const NfsMount> ways, SteadyTime deadline, const NfsAttempt& attempt);

}  // namespace kdump::plan
