// SPDX-License-Identifier: GPL-2.0-or-later
// What a vmlinux tells by its ELF structures alone: symbols, build id, release. Linked addresses, without
// KASLR.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/error.h"

namespace kdump {

using NameSet = std::set<std::string, std::less<>>;

struct DebugSymbols {
  uint16_t machine = 0;  // elf::EM_…
  std::string build_id;  // of the GNU note, hexadecimal; empty without one
  std::string release;   // in linux_banner; empty where the file holds no data of it
  std::map<std::string, uint64_t, std::less<>> addresses;
};

// Reads the vmlinux on `fd`, a regular file named `file`, for the symbols `wanted`. What is no vmlinux with
// debug information (a compressed one, a boot image, a core, a stripped one) is refused with what to do about
// it.
Result<DebugSymbols> read_debug_symbols(int fd, const std::string& file, const NameSet& wanted);

}  // namespace kdump
