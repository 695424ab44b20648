// SPDX-License-Identifier: GPL-2.0-or-later
// The archive the kernel unpacks, and the compressed modules that go into it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/error.h"

namespace kdump::image {

struct ArchiveEntry {
  enum class Kind { directory, file, character_device };

  Kind kind = Kind::file;
  std::string path;  // absolute
  mode_t mode = 0;   // permission bits
  std::string content;
  unsigned major = 0;  // of a device
  unsigned minor = 0;
};

// A newc cpio archive (kernel: Documentation/driver-api/early-userspace/buffer-format.rst), zstd level 9.
// The same entries give the same bytes: sorted by path, owned by root, dated 0. Directories that are missing
// on the way are added, mode 0755. Two entries of one path are an error.
Result<std::string> pack_initramfs(std::vector<ArchiveEntry> entries);

// The content of a .ko.xz, .ko.zst or .ko.gz; `name` is for errors.
Result<std::string> decompress(const std::string& compressed, const std::string& name);

}  // namespace kdump::image
