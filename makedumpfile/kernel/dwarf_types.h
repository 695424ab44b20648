// SPDX-License-Identifier: GPL-2.0-or-later
// A vmlinux with debug information (DWARF 2 to 5) as a source of variables and types.
#pragma once

#include <memory>
#include <span>

#include "makedumpfile/kernel/type_source.h"

namespace kdump {

// Opens the vmlinux `path` to be asked for `variables`, and for any type. All of its units are gone through
// once. Errors as those of read_debug_info.
Result<std::unique_ptr<TypeSource>> open_dwarf_types(const std::string& path,
                                                     std::span<const std::string> variables);

}  // namespace kdump
