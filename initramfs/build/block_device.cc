// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/block_device.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/file.h"
#include "common/text.h"

namespace kdump::image {
namespace {

constexpr std::string_view kVirtualDisks = "/sys/devices/virtual/block/";

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "/dev/cciss/c0d0p1" is cciss!c0d0p1 in sysfs.
std::string sysfs_name(const std::string& device) {
  std::string name = device.starts_with("/dev/") ? device.substr(5) : base_name(device);
  std::ranges::replace(name, '/', '!');
  return name;
}

// By number where there is a node, since a name in /dev is only udev's word; by name otherwise.
Result<std::string> sysfs_path(const HostTree& tree, const std::string& block_device) {
  const std::string device = tree.real_path(block_device).value_or(block_device);
  struct stat status{};
  if (stat(tree.outside(device).c_str(), &status) == 0 && S_ISBLK(status.st_mode)) {
    const std::string number =
        fmt::format("/sys/dev/block/{}:{}", major(status.st_rdev), minor(status.st_rdev));
    if (tree.exists(number)) return tree.real_path(number);
  }
  Result<std::string> found = tree.real_path("/sys/class/block/" + sysfs_name(device));
  if (found) return found;
  return fail("{}: no such block device in {} (is sysfs mounted there?)", block_device,
              tree.outside("/sys/class/block"));
}

Status refuse_virtual(const HostTree& tree, const std::string& block_device, const std::string& path) {
  std::string parts;
  for (const std::string& slave : names_in(tree, path + "/slaves"))
    parts += (parts.empty() ? "" : ", ") + slave;
  if (!parts.empty())
    return fail(ErrorKind::unsupported, "{}: {} is made of other devices ({}), which is not built yet",
                block_device, base_name(path), parts);
  if (path.starts_with(kVirtualDisks))
    return fail(ErrorKind::unsupported, "{}: {} is a virtual device without a driver stack, not built yet",
                block_device, base_name(path));
  return {};
}

}  // namespace

Result<std::vector<StackedDevice>> device_stack(const HostTree& tree, const std::string& block_device) {
  const std::string path = TRY(sysfs_path(tree, block_device));
  TRY(refuse_virtual(tree, block_device, path));
  return driver_chain(tree, path);
}

}  // namespace kdump::image
