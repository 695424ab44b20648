// SPDX-License-Identifier: GPL-2.0-or-later
// fstab's words for mount(2), which wants the general ones as flags and leaves the rest to the filesystem.
#pragma once

#include <string>
#include <string_view>

namespace kdump::capture {

struct MountArguments {
  unsigned long flags = 0;
  std::string data;
};

// "noatime,data=ordered": ro, rw and words for mount(8) alone (nofail, x-…) are left out.
MountArguments mount_arguments(std::string_view options);

}  // namespace kdump::capture
