// SPDX-License-Identifier: GPL-2.0-or-later
// What crashes left on the raw devices of kdump.conf, and where it goes.
#pragma once

#include "kdumpd/machine/host.h"

namespace kdump::service {

// Whether kdump.conf names a raw device that is there.
bool has_raw_targets(const Host& host);

// Takes what is on each into `path`, as extract_raw has it; says what came of it. False when something is
// still on a device that should not be. The caller holds the lock.
bool take_raw_dumps(const Host& host, const Announce& announce);

}  // namespace kdump::service
