// SPDX-License-Identifier: GPL-2.0-or-later
// A dump that comes through a pipe, kept in a file without a name: dumps are read in any order.
#pragma once

#include <string>

#include "common/fd.h"

namespace kdump {

// Copies what `input_fd` gives until its end into a new file in `directory`, which has no name and is gone
// when it is closed; blocks of zeros take no space. `name` and the directory are named in errors.
Result<UniqueFd> spool(int input_fd, const std::string& name, const std::string& directory);

// Where: `work_dir`, else $TMPDIR, else /var/tmp.
std::string spool_directory(const std::string& work_dir);

}  // namespace kdump
