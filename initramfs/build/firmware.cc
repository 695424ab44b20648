// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/firmware.h"

#include <fmt/core.h>

#include <optional>

namespace kdump::image {
namespace {

constexpr const char* kInImage = "/lib/firmware/";
// The kernel looks for the plain file first (drivers/base/firmware_loader/main.c, _request_firmware).
constexpr const char* kSuffixes[] = {"", ".zst", ".xz"};

std::optional<ImageFile> find_firmware(const HostTree& tree, const std::string& kernel_release,
                                       const std::string& name) {
  // The kernel's order of folders (the same file, fw_path).
  const std::string folders[] = {fmt::format("/lib/firmware/updates/{}/", kernel_release),
                                 "/lib/firmware/updates/", fmt::format("/lib/firmware/{}/", kernel_release),
                                 kInImage};
  for (const char* suffix : kSuffixes) {
    for (const std::string& folder : folders) {
      const auto found = tree.real_path(folder + name + suffix);
      if (found)
        return ImageFile{.image_path = kInImage + name,
                         .source = *found,
                         .mode = 0644,
                         .is_module = false,
                         .is_compressed = *suffix != '\0'};
    }
  }
  return std::nullopt;
}

}  // namespace

Firmware firmware_files(const HostTree& tree, const std::string& kernel_release, const ModuleFile& module) {
  Firmware firmware;
  for (const std::string& name : module.firmware) {
    if (auto file = find_firmware(tree, kernel_release, name)) firmware.files.push_back(std::move(*file));
  }
  if (firmware.files.empty() && !module.firmware.empty())
    firmware.warning = fmt::format("module {} may ask for firmware that is not installed: {}{}", module.name,
                                   module.firmware.front(), module.firmware.size() > 1 ? ", …" : "");
  return firmware;
}

}  // namespace kdump::image
