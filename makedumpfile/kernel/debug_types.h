// SPDX-License-Identifier: GPL-2.0-or-later
// DWARF (versions 2 to 5): the types of a kernel by name, from its vmlinux.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "makedumpfile/kernel/wanted_facts.h"

namespace kdump {

// What the debug information of the ELF file on `fd`, named `file`, says of each of `places`, in their order;
// nullopt: nothing. Members of unnamed structs and unions count as the outer one's. A length without a member
// is that of a variable that is an array. Of several types of a name the first definition counts. Symbols are
// debug_symbols.h's. Errors: there is none, or it contradicts itself.
Result<std::vector<std::optional<int64_t>>> ask_debug_types(int fd, const std::string& file,
                                                            std::span<const FactPlace> places);

}  // namespace kdump
