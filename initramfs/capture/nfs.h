// SPDX-License-Identifier: GPL-2.0-or-later
// The export of a target that the kernel's NFS client serves.
#pragma once

#include <string>

#include "common/error.h"
#include "common/process.h"
#include "initramfs/capture/system.h"
#include "initramfs/plan/nfs_mount.h"

namespace kdump::capture {

// Every way is tried in a child of its own; one that is stuck is left behind.
Result<Mounted> mount_export(const plan::Target& target, const std::string& where, SteadyTime deadline);

}  // namespace kdump::capture
