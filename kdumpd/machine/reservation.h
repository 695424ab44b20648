// SPDX-License-Identifier: GPL-2.0-or-later
// Memory for the capture kernel, and how to get it when there is none.
#pragma once

#include <cstdint>
#include <string>

#include "common/error.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

// The value of crashkernel= for a machine with so many bytes of memory, e.g. "256M".
std::string recommended_crashkernel(uint64_t ram);

// True when crashkernel= is on the command line of the running kernel.
bool crashkernel_on_command_line(const Host& host);

// Bytes reserved. When there are none, an error that says why and what to do about it.
Result<uint64_t> check_reservation(const Host& host);

}  // namespace kdump::service
