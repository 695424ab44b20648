// SPDX-License-Identifier: GPL-2.0-or-later
// Files with debug information (DWARF 2 to 5) as sources of variables and types: a vmlinux, a module.
#pragma once

#include <memory>
#include <span>

#include "makedumpfile/kernel/type_source.h"

namespace kdump {

// Opens the vmlinux `path` to be asked for `variables`, and for any type. All of its units are gone through
// once. Errors as those of read_debug_info.
Result<std::unique_ptr<TypeSource>> open_dwarf_types(const std::string& path,
                                                     std::span<const std::string> variables);

// The same for the file `path` of the module `module`: NAME.ko, whole or what objcopy --only-keep-debug left
// of it, compressed or not. nullptr: it has no debug information.
Result<std::unique_ptr<TypeSource>> open_module_types(const std::string& path, const std::string& module,
                                                      std::span<const std::string> variables);

}  // namespace kdump
