// SPDX-License-Identifier: GPL-2.0-or-later
// The filesystems that dumps can go to. To add one: a row here, directives of its name in conf, and what its
// kernel side wants besides its own module in initramfs/build.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/error.h"

namespace kdump::service {

struct Filesystem {
  std::string_view name;  // as mount(2) and libblkid have it
  // For a look at it that changes nothing on the disk, with MS_RDONLY: no replay of the journal.
  const char* look_options;
  std::string_view options;  // the capture kernel's, in any case
  // Of a mounted one's options those that a mount in the capture kernel should have too; "name=" for any
  // value.
  std::span<const std::string_view> kept;
  // What the superblock says that would make every dump fail; `device` is the path to open, `name` to tell.
  Status (*check)(const std::string& device, std::string_view name);
  std::string_view warning;  // what to know of every dump to it
};

// Null for one that is not built.
const Filesystem* filesystem_named(std::string_view name);

// "ext2, ext3, ext4, xfs, btrfs or vfat".
std::string filesystem_names();

// For mount(2) in the capture kernel, from the options of the mounted one ("" where it is not mounted).
std::string options_to_keep(const Filesystem& filesystem, std::string_view mounted);

}  // namespace kdump::service
