// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "common/error.h"
#include "common/fd.h"

namespace kdump::service {

// A mount that is in no tree (fsopen(2), Linux 5.2): seen through the descriptor alone, gone when that is
// closed. `options` as in fstab, "" for none. Errors have the kernel's own words where it has some.
Result<UniqueFd> mount_detached(const std::string& fstype, const std::string& source,
                                const std::string& options);

}  // namespace kdump::service
