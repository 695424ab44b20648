// SPDX-License-Identifier: GPL-2.0-or-later
// Which drivers stand between a network interface and the machine.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/build/device_stack.h"
#include "initramfs/build/host_tree.h"

namespace kdump::image {

// The devices that need drivers, from the bus down to the card, and the chip at its connector (PHY) where
// that has a driver of its own. ErrorKind::unsupported for an interface without hardware.
Result<std::vector<StackedDevice>> net_device_stack(const HostTree& tree, const std::string& interface);

}  // namespace kdump::image
