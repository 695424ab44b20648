// SPDX-License-Identifier: GPL-2.0-or-later
// Every architecture is compiled in and chosen by the ELF machine of the dump.
#pragma once

#include <cstdint>
#include <string_view>

#include "makedumpfile/arch/page_table.h"
#include "makedumpfile/vmcore/vmcoreinfo.h"

namespace kdump {

// What is where in the kernel's half of the virtual addresses, and what else only the architecture knows.
struct KernelLayout {
  VirtAddr image;         // the kernel image lies somewhere in the image_size bytes from here on,
  uint64_t image_size;    // unless NUMBER(KERNEL_IMAGE_SIZE) tells how many;
  VirtAddr modules_end;   // and memory for modules from there to here
  uint64_t stack_size;    // of a task, where SIZE(thread_union) is not told
  size_t stack_pointer;   // its offset in NT_PRSTATUS, bytes
  VirtRange cpu_entries;  // maps pages of every CPU's own area, besides others; may be empty
  VirtAddr user_end;      // addresses below are never the kernel's
};

struct Architecture {
  uint16_t machine;  // elf::EM_…
  std::string_view name;
  // The VMCOREINFO number that says where the kernel lies, as dump formats carry it
  // (kdump_sub_header.phys_base).
  std::string_view phys_base;
  // The kernel's own page table, from what VMCOREINFO tells. Errors name the line that is missing.
  Result<PageTable> (*page_table)(const Vmcoreinfo& vmcoreinfo);
  KernelLayout kernel;
};

// A new architecture = a row in architecture.cc, a file that defines it, a page-table fixture in
// tests/unit/makedumpfile/arch. Unknown machines are ErrorKind::unsupported.
Result<const Architecture*> find_architecture(uint16_t machine);

extern const Architecture kX86_64;

}  // namespace kdump
