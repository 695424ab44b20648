// SPDX-License-Identifier: GPL-2.0-or-later
// The log of the kernel that runs now, as dmesg(1) shows it.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace kdump::worker {

// One record of /dev/kmsg ("6,339,5140900,-;text", further lines begin with a blank and are left out) as
// "[    5.140900] text\n"; what is no record comes out empty. Linux, Documentation/ABI/testing/dev-kmsg.
std::string log_line(std::string_view record);

// Everything in /dev/kmsg up to now.
Result<std::string> read_kernel_log(const std::string& path = "/dev/kmsg");

}  // namespace kdump::worker
