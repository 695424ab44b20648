// SPDX-License-Identifier: GPL-2.0-or-later
// What drivers load into their hardware.
#pragma once

#include <string>
#include <vector>

#include "initramfs/build/contents.h"
#include "initramfs/build/host_tree.h"
#include "initramfs/build/modules.h"

namespace kdump::image {

struct Firmware {
  std::vector<ImageFile> files;
  std::string warning;  // when the module names some and none of it is installed
};

// A driver names all that any of its devices may ask for; what of it is installed goes into the image.
Firmware firmware_files(const HostTree& tree, const std::string& kernel_release, const ModuleFile& module);

}  // namespace kdump::image
