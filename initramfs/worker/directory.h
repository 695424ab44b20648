// SPDX-License-Identifier: GPL-2.0-or-later
// The directory of one dump.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/fd.h"

namespace kdump::worker {

inline constexpr const char* kThisMachine = "127.0.0.1";

// "<source>-YYYY-MM-DD-HH:MM:SS", the time as it was where the offset (seconds east of UTC) held; `source`
// is the address this machine has on the way to the target, or kThisMachine.
std::string directory_name(std::string_view source, time_t now, int utc_offset_seconds);

// Makes a directory of that name, or with "-2", "-3" … behind it where the name is taken, mode 0700, in
// `parent`, which must exist. Where the filesystem takes no ':' the name has '-' instead. Its path.
Result<std::string> make_dump_directory(const std::string& parent, const std::string& name);

// Space on the filesystem of `directory` for what is to be said after a dump that filled it. It is a file
// without a name: however this process ends, the kernel gives the space back. Invalid where the filesystem
// cannot do that, or is full already.
UniqueFd reserve_space(const std::string& directory);

// Gives `path` the SELinux label of `model`, where `model` has one.
Status copy_label(const std::string& model, const std::string& path);

}  // namespace kdump::worker
