// SPDX-License-Identifier: GPL-2.0-or-later
// x86_64: 4 or 5 levels of 512 entries, 2 MiB pages at the second level from below, 1 GiB at the third (Intel
// SDM volume 3, 4.5; AMD APM volume 2, 5.3).
//
// VMCOREINFO (arch/x86/kernel/machine_kexec_64.c, arch_crash_save_vmcoreinfo): the root is a symbol of the
// kernel image, named init_level4_pgt until 4.12 and init_top_pgt since (kernel commit 65ade2f872b4);
// swapper_pg_dir is another name of it. Image symbols, KASLR included, lie at symbol - __START_KERNEL_map +
// phys_base; phys_base is negative when KASLR moved the image's virtual address farther than its physical
// one. pgtable_l5_enabled tells the depth, sme_mask the address bit that AMD's memory encryption takes.
//
// Above the image are the modules (Documentation/arch/x86/x86_64/mm.rst): from __START_KERNEL_map +
// KERNEL_IMAGE_SIZE, which is 1 GiB with CONFIG_RANDOMIZE_BASE and 512 MiB without
// (arch/x86/include/asm/page_64_types.h), to MODULES_END (arch/x86/include/asm/pgtable_64_types.h; 5.10 and
// older end it 16 MiB lower, where nothing is mapped). A task's stack has 16 KiB, 32 KiB with KASAN
// (THREAD_SIZE). struct elf_prstatus has the registers at 112, sp is the 20th (struct user_regs_struct). The
// cpu_entry_area of each CPU (arch/x86/include/asm/cpu_entry_area.h, arch/x86/mm/cpu_entry_area.c) maps its
// GDT, TSS and exception stacks, which are per-CPU variables.
#include "common/layout/elf.h"
#include "makedumpfile/arch/architecture.h"

namespace kdump {
namespace {

constexpr uint64_t kStartKernelMap = 0xffffffff80000000;  // __START_KERNEL_map
constexpr uint64_t kCpuEntryArea = 0xfffffe0000000000;    // CPU_ENTRY_AREA_PGD, 512 GiB
constexpr uint64_t kPresent = 1;                          // _PAGE_PRESENT
constexpr uint64_t kHuge = 1 << 7;                        // _PAGE_PSE
constexpr uint64_t kAddressMask = 0x000ffffffffff000;     // bits 12 to 51

constexpr PageTableLevel kFive[] = {
    {"PGD", 48, false}, {"P4D", 39, false}, {"PUD", 30, true}, {"PMD", 21, true}, {"PTE", 12, true}};
constexpr PageTableLevel kFour[] = {
    {"PGD", 39, false}, {"PUD", 30, true}, {"PMD", 21, true}, {"PTE", 12, true}};
constexpr PageTableFormat kFiveLevels = {"x86_64, 5 levels", 57, kFive, kPresent, kHuge, kAddressMask};
constexpr PageTableFormat kFourLevels = {"x86_64, 4 levels", 48, kFour, kPresent, kHuge, kAddressMask};

constexpr std::string_view kRoots[] = {"init_top_pgt", "init_level4_pgt", "swapper_pg_dir"};

Result<uint64_t> root_symbol(const Vmcoreinfo& vmcoreinfo) {
  for (const std::string_view name : kRoots)
    if (const auto symbol = vmcoreinfo.symbol(name)) return *symbol;
  return fail("VMCOREINFO has no SYMBOL(init_top_pgt): the page tables cannot be found");
}

Result<PageTable> page_table(const Vmcoreinfo& vmcoreinfo) {
  const uint64_t root = TRY(root_symbol(vmcoreinfo));
  const auto phys_base = vmcoreinfo.number("phys_base");
  if (!phys_base) return fail("VMCOREINFO has no NUMBER(phys_base): the page tables cannot be found");
  const bool five = vmcoreinfo.number("pgtable_l5_enabled").value_or(0) != 0;
  const auto sme_mask = static_cast<uint64_t>(vmcoreinfo.number("sme_mask").value_or(0));
  const PhysAddr addr(root - kStartKernelMap + static_cast<uint64_t>(*phys_base));
  if (addr.value() % 4096 != 0) {
    return fail(ErrorKind::corrupt, "VMCOREINFO: the page tables' root {:#x} is not at a page's start",
                addr.value());
  }
  return PageTable{five ? &kFiveLevels : &kFourLevels, addr, kAddressMask & ~sme_mask};
}

}  // namespace

const Architecture kX86_64 = {
    .machine = elf::EM_X86_64,
    .name = "x86_64",
    .phys_base = "phys_base",
    .page_table = page_table,
    .kernel = {.image = VirtAddr(kStartKernelMap),
               .image_size = uint64_t{1} << 30,
               .modules_end = VirtAddr(0xffffffffff000000),
               .stack_size = 16384,
               .stack_pointer = 112 + 19 * 8,
               .cpu_entries = {VirtAddr(kCpuEntryArea), VirtAddr(kCpuEntryArea + (uint64_t{1} << 39))},
               .user_end = VirtAddr(uint64_t{1} << 63)},
};

}  // namespace kdump
