// SPDX-License-Identifier: GPL-2.0-or-later
// Which drivers stand between a block device and the machine.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/build/device_stack.h"
#include "initramfs/build/host_tree.h"

namespace kdump::image {

// The devices that need drivers, from the bus down to the disk. A device that is made of others (device
// mapper, md, loop, …) is ErrorKind::unsupported for now, and the error names what it is made of.
Result<std::vector<StackedDevice>> device_stack(const HostTree& tree, const std::string& block_device);

}  // namespace kdump::image
