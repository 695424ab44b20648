// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel: Documentation/ABI/testing/sysfs-class-net, sysfs-class-net-phydev.
#include "initramfs/build/net_device.h"

namespace kdump::image {

Result<std::vector<StackedDevice>> net_device_stack(const HostTree& tree, const std::string& interface) {
  const std::string entry = "/sys/class/net/" + interface;
  if (!tree.exists(entry))
    return fail("{}: no such network interface in {} (is sysfs mounted there?)", interface,
                tree.outside("/sys/class/net"));
  const auto device = tree.real_path(entry + "/device");
  if (!device)
    return fail(ErrorKind::unsupported,
                "{}: this network interface is no hardware, which the capture kernel would have", interface);
  std::vector<StackedDevice> stack = driver_chain(tree, *device);
  if (stack.empty()) return fail("{}: {} has no driver that is known", interface, *device);
  if (const auto connector = tree.real_path(entry + "/phydev")) {
    for (StackedDevice& step : driver_chain(tree, *connector)) stack.push_back(std::move(step));
  }
  return stack;
}

}  // namespace kdump::image
