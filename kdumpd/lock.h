// SPDX-License-Identifier: GPL-2.0-or-later
// One at a time: whoever builds or loads holds this lock.
#pragma once

#include <chrono>

#include "common/error.h"
#include "common/fd.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

// Waits for as long as it takes, and says so every `interval`. The lock is gone with the descriptor.
Result<UniqueFd> take_lock(const Host& host, const Announce& announce,
                           std::chrono::milliseconds interval = std::chrono::seconds(5));

}  // namespace kdump::service
