// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "common/error.h"
#include "kdumpd/machine/filesystems.h"

namespace kdump::service {

// Whether a filesystem has the directory: mounts it read-only, without a journal replay, in a child with a
// mount namespace of its own and a deadline. One that is mounted already, at a part of it, is looked at as it
// is.
Status check_unmounted_directory(const std::string& device, const Filesystem& filesystem,
                                 const std::string& directory);

}  // namespace kdump::service
