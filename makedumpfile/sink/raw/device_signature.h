// SPDX-License-Identifier: GPL-2.0-or-later
// What a block device holds that is somebody's data.
#pragma once

#include <string>

#include "common/error.h"

namespace kdump {

// "ext4", "LVM2_member", "dos partition table": what libblkid finds on the open device; empty for nothing it
// knows. An error when the device cannot be read, or libblkid is in doubt.
Result<std::string> device_signature(int fd);

}  // namespace kdump
