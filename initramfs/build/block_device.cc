// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel: Documentation/admin-guide/sysfs-rules.rst. A device's parent is the directory above it, its driver
// the link `driver`, that driver's module the link `driver/module`.
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

constexpr std::string_view kDevices = "/sys/devices/";
constexpr std::string_view kVirtualDisks = "/sys/devices/virtual/block/";

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::vector<std::string> names_in(const HostTree& tree, const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator i(tree.outside(directory), error), end; !error && i != end;
       i.increment(error)) {
    names.push_back(i->path().filename());
  }
  std::ranges::sort(names);
  return names;
}

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

void add_device(const HostTree& tree, const std::string& path, std::vector<StackedDevice>& stack) {
  StackedDevice device{.path = path, .module = "", .modalias = ""};
  if (const auto module = tree.real_path(path + "/driver/module")) device.module = base_name(*module);
  if (const auto modalias = tree.read(path + "/modalias")) device.modalias = trim(*modalias);
  if (!device.module.empty() || !device.modalias.empty()) stack.push_back(std::move(device));
}

// With native NVMe multipath a namespace hangs below nvme-subsysN, where links lead to its controllers
// (kernel: drivers/nvme/host/multipath.c).
std::vector<std::string> nvme_controllers(const HostTree& tree, const std::string& path) {
  std::vector<std::string> controllers;
  if (!base_name(path).starts_with("nvme-subsys")) return controllers;
  for (const std::string& name : names_in(tree, path)) {
    const auto real = tree.real_path(fmt::format("{}/{}", path, name));
    if (name.starts_with("nvme") && real && !real->starts_with(path)) controllers.push_back(*real);
  }
  return controllers;
}

void add_chain(const HostTree& tree, const std::string& path, std::vector<StackedDevice>& stack) {
  if (!path.starts_with(kDevices)) return;
  add_chain(tree, directory_of(path), stack);
  for (const std::string& controller : nvme_controllers(tree, path)) add_chain(tree, controller, stack);
  add_device(tree, path, stack);
}

}  // namespace

Result<std::vector<StackedDevice>> device_stack(const HostTree& tree, const std::string& block_device) {
  const std::string path = TRY(sysfs_path(tree, block_device));
  TRY(refuse_virtual(tree, block_device, path));
  std::vector<StackedDevice> stack;
  add_chain(tree, path, stack);
  return stack;
}

std::vector<StackedDevice> driver_chain(const HostTree& tree, const std::string& sysfs_path) {
  std::vector<StackedDevice> stack;
  add_chain(tree, sysfs_path, stack);
  return stack;
}

}  // namespace kdump::image
