// SPDX-License-Identifier: GPL-2.0-or-later
// Which address of a server answers, and how long it may take.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "initramfs/worker/place.h"

namespace kdump::worker {

// Timeouts that end in the worker's own words before kdump-capture ends it.
std::chrono::milliseconds connect_timeout(const Errand& errand);
std::chrono::milliseconds stall_timeout(const Errand& errand);

// Calls `connect` with each recorded address of the target's server, then, when none was good, with those
// that its name has now. The error says of each why not.
Status connect_somewhere(const Errand& errand, const std::function<Status(const std::string&)>& connect);

}  // namespace kdump::worker
