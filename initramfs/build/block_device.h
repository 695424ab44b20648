// SPDX-License-Identifier: GPL-2.0-or-later
// Which drivers stand between a block device and the machine, as sysfs tells it.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/build/host_tree.h"

namespace kdump::image {

// One device on the way; at least one of the two strings is not empty.
struct StackedDevice {
  std::string path;      // "/sys/devices/pci0000:00/0000:00:03.0/virtio0"
  std::string module;    // of its driver in the running kernel, "" when built in or unknown
  std::string modalias;  // "virtio:d00000002v00001AF4"
};

// The devices that need drivers, from the bus down to the disk. A device that is made of others (device
// mapper, md, loop, …) is ErrorKind::unsupported for now, and the error names what it is made of.
Result<std::vector<StackedDevice>> device_stack(const HostTree& tree, const std::string& block_device);

// The same for any other device below /sys/devices, by its path there.
std::vector<StackedDevice> driver_chain(const HostTree& tree, const std::string& sysfs_path);

}  // namespace kdump::image
