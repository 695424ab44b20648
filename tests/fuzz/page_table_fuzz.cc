// SPDX-License-Identifier: GPL-2.0-or-later
// The input's first eight bytes are an address to look up, the rest is memory full of page tables.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"

static void look_up(const kdump::Vmcore& vmcore, bool five_levels, kdump::VirtAddr addr) {
  const kdump::Vmcoreinfo vmcoreinfo(
      std::string("SYMBOL(init_top_pgt)=ffffffff80000000\nNUMBER(phys_base)=0\n") +
      (five_levels ? "NUMBER(pgtable_l5_enabled)=1\n" : ""));
  const kdump::AddressSpace space(vmcore, kdump::kX86_64.page_table(vmcoreinfo));
  const auto place = space.translate(addr);
  if (place && (place->size == 0 || place->size > uint64_t{1} << 30)) std::abort();
  size_t entries = 0;
  const auto traced =
      kdump::PageTableWalker(vmcore, *space.page_table()).trace(addr, [&entries](const kdump::TableEntry&) {
        ++entries;
      });
  if (traced.has_value() != place.has_value() || entries > (five_levels ? 5U : 4U)) std::abort();
  std::byte out[12288];
  static_cast<void>(space.read(addr, out));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint64_t addr = 0;
  if (size <= sizeof addr) return 0;
  std::memcpy(&addr, data, sizeof addr);
  const auto memory = std::as_bytes(std::span(data + sizeof addr, size - sizeof addr));
  kdump::test::FakeVmcore vmcore;
  vmcore.add_memory(0, (memory.size() + 4095) / 4096 * 4096);
  vmcore.put(0, memory);
  look_up(vmcore, false, kdump::VirtAddr(addr));
  look_up(vmcore, true, kdump::VirtAddr(addr));
  return 0;
}
