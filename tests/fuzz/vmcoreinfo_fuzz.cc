// SPDX-License-Identifier: GPL-2.0-or-later
// VMCOREINFO text, and what is made of it without looking at memory.
#include <cstdint>
#include <cstdlib>

#include "common/layout/elf.h"
#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/inferred.h"
#include "makedumpfile/mm/page_layout.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const kdump::Vmcoreinfo vmcoreinfo(std::string_view(reinterpret_cast<const char*>(data), size));
  const auto table = kdump::kX86_64.page_table(vmcoreinfo);
  if (table && table->root.value() % 4096 != 0) std::abort();
  kdump::Facts facts(vmcoreinfo);
  kdump::infer_facts(facts, kdump::elf::EM_X86_64);
  const auto layout = kdump::read_page_layout(facts);
  if (layout && layout->mapcount + 4 > layout->size) std::abort();
  return 0;
}
