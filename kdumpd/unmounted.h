// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "common/error.h"

namespace kdump::service {

// Whether a filesystem that is not mounted has the directory: mounts it read-only, without a journal replay,
// in a child with a mount namespace of its own and a deadline.
Status check_unmounted_directory(const std::string& device, const std::string& fstype,
                                 const std::string& directory);

}  // namespace kdump::service
