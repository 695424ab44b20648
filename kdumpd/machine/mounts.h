// SPDX-License-Identifier: GPL-2.0-or-later
// What is mounted where, from /proc/self/mountinfo through libmount.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

struct Mount {
  std::string target;  // mount point
  std::string source;  // as mounted; "/dev/root" for a root that the kernel mounted itself
  std::string fstype;
  std::string root;     // the part of the filesystem that is mounted: "/", a directory for a bind mount
  std::string options;  // of the filesystem, not of the mount point
  dev_t device = 0;
  bool read_only = false;  // mount point or filesystem
};

Result<std::vector<Mount>> read_mounts(const Host& host);

// The mount that holds an absolute path without symbolic links.
const Mount* mount_holding(const std::vector<Mount>& mounts, std::string_view path);

// The device of a mount, by the kernel's own name. btrfs hides its number, and its source tells.
Result<std::string> device_of_mount(const Host& host, const Mount& mount);

// A mount of that device; one of its whole filesystem where there is one, null when there is none.
const Mount* mount_of_device(const Host& host, const std::vector<Mount>& mounts, std::string_view devname);

// A path below a mount point as a path from the root of its filesystem.
std::string path_in_filesystem(const Mount& mount, std::string_view path);

}  // namespace kdump::service
