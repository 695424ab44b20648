// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of the capture kernel, made from that of the running one.
#pragma once

#include <string>

#include "common/error.h"
#include "conf/sysconfig.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

// Error when it is longer than the kernel takes.
Result<std::string> capture_command_line(const Host& host, const conf::Sysconfig& sysconfig);

}  // namespace kdump::service
