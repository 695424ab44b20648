// SPDX-License-Identifier: GPL-2.0-or-later
// From what is wanted to the modules of one kernel, in the order finit_module(2) must see them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/build/host_tree.h"

namespace kdump::image {

enum class IfMissing { error, warn, ignore };

struct ModuleWish {
  std::vector<std::string> names;  // module names or aliases; the first the kernel knows decides
  std::string purpose;             // for messages: "filesystem of the target"
  IfMissing if_missing = IfMissing::error;
};

struct ModuleFile {
  std::string name;                     // "virtio_blk"
  std::string path;                     // in the tree; may be compressed
  std::string relative;                 // below the kernel's module directory, without a compression suffix:
                                        // "kernel/drivers/block/virtio_blk.ko"
  std::vector<std::string> firmware{};  // it may ask for: "rtl_nic/rtl8168h-2.fw"

  bool operator==(const ModuleFile&) const = default;
};

struct LoadOrder {
  std::vector<ModuleFile> modules;    // each after what it needs, none twice, none that is built in
  std::vector<std::string> warnings;  // wishes not met, options that modprobe would pass
};

// Resolves with libkmod's indexes and modprobe.d of the tree: dependencies, soft dependencies before and
// after. A wish that is built in asks for nothing. Modules found by a modalias respect `blacklist`.
Result<LoadOrder> resolve_modules(const HostTree& tree, const std::string& kernel_release,
                                  std::span<const ModuleWish> wishes);

}  // namespace kdump::image
