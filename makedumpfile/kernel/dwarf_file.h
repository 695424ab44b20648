// SPDX-License-Identifier: GPL-2.0-or-later
// Files with DWARF, opened: a vmlinux as it is; a module, an object file, with its relocations carried out.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "common/error.h"

namespace kdump::dwarf {

struct DwarfFile {
  std::string path;
  std::string build_id;                                  // hexadecimal; empty without one
  std::map<std::string, uint64_t, std::less<>> symbols;  // those that were asked for
  uint64_t per_cpu_begin = 0;                            // where per-CPU variables are linked to
  uint64_t per_cpu_end = 0;
  Dwarf* dwarf = nullptr;
  std::shared_ptr<void> owner = {};  // of `dwarf`
};

Failure damaged(const std::string& path);

// Errors as those of read_debug_symbols.
Result<DwarfFile> open_vmlinux(const std::string& path, std::span<const std::string> symbols);

// Decompresses where it must. Its sections are laid out from 1 MiB or so on, none over another, so addresses
// tell variables apart and no more. Without debug information `dwarf` is null.
Result<DwarfFile> open_module(const std::string& path, const std::string& module,
                              std::span<const std::string> symbols);

}  // namespace kdump::dwarf
