// SPDX-License-Identifier: GPL-2.0-or-later
// Every architecture is compiled in and chosen by the ELF machine of the dump.
#pragma once

#include <cstdint>
#include <string_view>

#include "makedumpfile/arch/page_table.h"
#include "makedumpfile/vmcore/vmcoreinfo.h"

namespace kdump {

struct Architecture {
  uint16_t machine;  // elf::EM_…
  std::string_view name;
  // The VMCOREINFO number that says where the kernel lies, as dump formats carry it
  // (kdump_sub_header.phys_base).
  std::string_view phys_base;
  // The kernel's own page table, from what VMCOREINFO tells. Errors name the line that is missing.
  Result<PageTable> (*page_table)(const Vmcoreinfo& vmcoreinfo);
};

// A new architecture = a row in architecture.cc, a file that defines it, a page-table fixture in
// tests/unit/makedumpfile/arch. Unknown machines are ErrorKind::unsupported.
Result<const Architecture*> find_architecture(uint16_t machine);

extern const Architecture kX86_64;

}  // namespace kdump
