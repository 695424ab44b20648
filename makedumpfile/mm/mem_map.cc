// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/mem_map.h"

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/mm/sparse.h"

namespace kdump {
namespace {

// FLATMEM: one array for all pages, at the address that the variable mem_map holds.
Result<std::vector<MemMapRange>> read_flat_mem_map(const KernelInfo& kernel, VirtAddr mem_map) {
  const auto first = TRY(with_context(kernel.address_space().read_value<le64>(mem_map), "mem_map"));
  const Pfn end = kernel.vmcore().memory_map().max_pfn(kernel.page_shift());
  return std::vector<MemMapRange>{{{Pfn(0), end}, VirtAddr(first)}};
}

}  // namespace

Result<std::vector<MemMapRange>> read_mem_map(const KernelInfo& kernel) {
  TRY(kernel.address_space().usable());
  if (kernel.facts().symbol("mem_section")) return read_sparse_mem_map(kernel);
  if (const auto mem_map = kernel.facts().symbol("mem_map")) return read_flat_mem_map(kernel, *mem_map);
  return fail(
      ErrorKind::unsupported,
      "VMCOREINFO has neither SYMBOL(mem_section) nor SYMBOL(mem_map): the struct pages cannot be found");
}

}  // namespace kdump
