// SPDX-License-Identifier: GPL-2.0-or-later
// Small whole files: read at once, written under a temporary name, made durable, and only then given their
// name.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

// The whole content of a regular, /proc or /sys file of at most `limit` bytes.
Result<std::string> read_text_file(const std::string& path, size_t limit = size_t{64} << 20);

// Replaces `path` as a whole: temporary file in the same directory, fsync, rename, fsync of the directory.
Status replace_file(const std::string& path, Bytes content, mode_t mode);

// fsync of the directory that holds `path`, so that a rename in it survives a power cut.
Status sync_directory_of(const std::string& path);

// mkdir -p; the leaf and every new parent get `mode`.
Status make_directories(const std::string& path, mode_t mode);

bool file_exists(const std::string& path);

// Everything before the last slash ("/" and "." where there is none).
std::string directory_of(const std::string& path);

}  // namespace kdump
