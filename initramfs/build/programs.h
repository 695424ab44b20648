// SPDX-License-Identifier: GPL-2.0-or-later
// What an administrator's program needs to run in the image.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/build/contents.h"
#include "initramfs/build/host_tree.h"

namespace kdump::image {

// The program, its interpreter when its first line names one by #! (with /usr/bin/env that which env is to
// look for), and the libraries of both; all at their own paths. An error when one of them is missing.
Result<std::vector<ImageFile>> program_files(const HostTree& tree, const std::string& program);

}  // namespace kdump::image
