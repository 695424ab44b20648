// SPDX-License-Identifier: GPL-2.0-or-later
// Servers, tried as the capture kernel will use them. Nothing here has a deadline of its own beyond those of
// connections: run it in a child that has one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/plan/plan.h"

namespace kdump::service {

// Whether libnfs gets at the export by that version of the protocol.
Status reach_export(const plan::Target& target, int version);

}  // namespace kdump::service
