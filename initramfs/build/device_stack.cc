// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/device_stack.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/file.h"
#include "common/text.h"

namespace kdump::image {
namespace {

constexpr std::string_view kDevices = "/sys/devices/";

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

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

std::vector<StackedDevice> driver_chain(const HostTree& tree, const std::string& sysfs_path) {
  std::vector<StackedDevice> stack;
  add_chain(tree, sysfs_path, stack);
  return stack;
}

}  // namespace kdump::image
