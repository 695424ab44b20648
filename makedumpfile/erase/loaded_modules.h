// SPDX-License-Identifier: GPL-2.0-or-later
// The modules of a dead kernel: which were loaded, and where their symbols lay (kernel/module/main.c,
// kernel/module/kallsyms.c).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/type_source.h"

namespace kdump {

// Offsets of members, in bytes. What a module's code lies in (core_layout until ac3b43283923 (6.4), then mem)
// is not asked for: symbols have their addresses.
struct ModuleLayout {
  uint64_t list = 0;       // of struct module
  uint64_t name = 0;       // of struct module
  uint64_t name_size = 0;  // its bytes
  // To a struct mod_kallsyms; until 8244062ef1e5 (4.5) its members were struct module's.
  std::optional<uint64_t> kallsyms;
  uint64_t symtab = 0;
  uint64_t num_symtab = 0;
  uint64_t strtab = 0;
  // To a struct module_notes_attrs; absent without CONFIG_SYSFS or CONFIG_KALLSYMS.
  struct Notes {
    uint64_t pointer = 0;  // of struct module
    uint64_t attrs = 0;    // of struct module_notes_attrs, an array of struct bin_attribute
    uint64_t attr_size = 0;
    uint64_t name = 0;      // of struct bin_attribute, a pointer to the section's name
    uint64_t private_ = 0;  // of struct bin_attribute: where the section lies
    bool operator==(const Notes&) const = default;
  };
  std::optional<Notes> notes;
  bool operator==(const ModuleLayout&) const = default;
};

using AddressByName = std::map<std::string, VirtAddr, std::less<>>;

// As the kernel's own types have it. Errors: it has no modules.
Result<ModuleLayout> module_layout(TypeSource& types);

// Where the struct module of each loaded module is. Errors: a link of the list with the head `modules` leads
// nowhere, or the list does not come back.
Result<AddressByName> loaded_modules(VirtualReader& memory, const ModuleLayout& layout, VirtAddr modules);

// Where the symbols `names` of the module are; those that its table does not have are not in the result.
// Errors: the table cannot be read, or has several of a name.
Result<AddressByName> symbols_of_module(VirtualReader& memory, const ModuleLayout& layout, VirtAddr module,
                                        const std::vector<std::string>& names);

// Of the GNU note, hexadecimal; empty where nothing tells.
std::string build_id_of_module(VirtualReader& memory, const ModuleLayout& layout, VirtAddr module);

}  // namespace kdump
