// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/vtop.h"

#include "makedumpfile/arch/address_space.h"

namespace kdump {

std::string describe_translation(const KernelInfo& kernel, VirtAddr addr) {
  std::string text = fmt::format("\nTranslating virtual address {:x} to physical address.\n", addr.value());
  const auto tell_entry = [&text](const TableEntry& entry) {
    text += fmt::format("  {} : {:16x} => {:16x}\n", entry.level, entry.addr.value(), entry.value);
  };
  const Result<PageTable>& table = kernel.address_space().page_table();
  Result<Translation> found = table ? PageTableWalker(kernel.vmcore(), *table).trace(addr, tell_entry)
                                    : Result<Translation>(std::unexpected(table.error()));
  const std::string place = found ? fmt::format("{:x}", found->addr.value()) : "(not mapped)";
  text += fmt::format("VIRTUAL           PHYSICAL\n{:16x}  {}\n", addr.value(), place);
  if (!found) text += found.error().message() + '\n';
  return text;
}

}  // namespace kdump
