// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "common/error.h"

namespace kdump::service {

// What the system's resolver knows of a host: IPv4 and IPv6 literals in its order (RFC 6724). An error where
// there is none, or only addresses that hold on one link alone (ErrorKind::unsupported).
Result<std::vector<std::string>> resolve_host(const std::string& host);

}  // namespace kdump::service
