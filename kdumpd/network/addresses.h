// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "common/error.h"

namespace kdump::service {

// What the system's resolver knows of a host (resolve_host of makedumpfile/sink/remote/net_connect.h), as far
// as the capture kernel can use it. An error where there is none, or only addresses that hold on one link
// alone (ErrorKind::unsupported).
Result<std::vector<std::string>> usable_addresses(const std::string& host);

}  // namespace kdump::service
