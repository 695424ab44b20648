// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace kdump::image {

struct UnpackedEntry {
  std::string listing;  // "drwxr-xr-x 0:0 0", with device numbers where it is one; mode, owner, mtime
  std::string content;
};

struct Unpacked {
  std::vector<std::string> order;  // paths as they are in the archive
  std::map<std::string, UnpackedEntry> entries;
  std::string format;  // "zstd, ASCII cpio (SVR4 with no CRC)"
};

// Reads an archive whole; a fault is a failure of the test.
Unpacked unpack(const std::string& packed);

}  // namespace kdump::image
