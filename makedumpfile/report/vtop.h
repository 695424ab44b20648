// SPDX-License-Identifier: GPL-2.0-or-later
// --vtop: how the dead kernel's page tables translate a virtual address, in the original's lines.
#pragma once

#include <string>

#include "common/units.h"
#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

// A line for each entry that was looked at ("  PMD :         3de16710 => 800000003de000e3": its name, where
// it is, what it is), then the address and where it lies, or "(not mapped)" and a line that says why. Begins
// with an empty line, and has no newline at its end.
std::string describe_translation(const KernelInfo& kernel, VirtAddr addr);

}  // namespace kdump
