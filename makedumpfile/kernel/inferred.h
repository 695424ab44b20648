// SPDX-License-Identifier: GPL-2.0-or-later
// Facts that some kernels' VMCOREINFO leaves out, and that are macros, so no debug information has them
// either: they follow from the shape of the facts that are there. An inference is what is left when nobody
// tells, so it comes after every provider, a file that the user named included.
#pragma once

#include <cstdint>

#include "makedumpfile/kernel/facts.h"

namespace kdump {

// Adds what follows; `machine` is elf::EM_….
void infer_facts(Facts& facts, uint16_t machine);

}  // namespace kdump
