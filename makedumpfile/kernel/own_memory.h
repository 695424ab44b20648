// SPDX-License-Identifier: GPL-2.0-or-later
// The facts that the dead kernel's own memory tells: its symbol table (kallsyms.h) and its types (btf.h),
// asked for what is wanted (wanted_facts.h) and not known yet.
#pragma once

#include <string>
#include <vector>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {

// Returns why a provider could not tell, a line each. That is no error: a kernel may be built without either.
// `machine` is elf::EM_….
std::vector<std::string> add_facts_of_own_memory(Facts& facts, const AddressSpace& address_space,
                                                 uint16_t machine);

}  // namespace kdump
