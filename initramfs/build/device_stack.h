// SPDX-License-Identifier: GPL-2.0-or-later
// Which drivers stand between a device and the machine, as sysfs tells it.
// Kernel: Documentation/admin-guide/sysfs-rules.rst. A device's parent is the directory above it, its driver
// the link `driver`, that driver's module the link `driver/module`.
#pragma once

#include <string>
#include <vector>

#include "initramfs/build/host_tree.h"

namespace kdump::image {

// One device on the way; at least one of the two strings is not empty.
struct StackedDevice {
  std::string path;      // "/sys/devices/pci0000:00/0000:00:03.0/virtio0"
  std::string module;    // of its driver in the running kernel, "" when built in or unknown
  std::string modalias;  // "virtio:d00000002v00001AF4"
};

// The device at this place in /sys/devices, and those above it that need drivers, from the bus down.
std::vector<StackedDevice> driver_chain(const HostTree& tree, const std::string& sysfs_path);

// Names in a directory of the tree, sorted; none where there is no such directory.
std::vector<std::string> names_in(const HostTree& tree, const std::string& directory);

}  // namespace kdump::image
