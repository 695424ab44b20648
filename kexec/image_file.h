// SPDX-License-Identifier: GPL-2.0-or-later
// The conditions kernel_read_file() (fs/kernel_read_file.c) puts on a file, checked before the call.
#pragma once

#include <string>

#include "common/fd.h"

namespace kdump::kexec {

struct ImageFile {
  UniqueFd fd{};
  uint64_t size = 0;
};

// Opens a regular, non-empty file that nobody has open for writing. The error names the file and the remedy.
Result<ImageFile> open_image_file(const std::string& path);

// True when the file is signed outside of its PE certificate table: a module-style signature at its end, or
// the security.ima attribute. Nobody has verified it.
bool has_detached_signature(int fd, uint64_t size);

}  // namespace kdump::kexec
