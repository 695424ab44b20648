// SPDX-License-Identifier: GPL-2.0-or-later
// A dead x86_64 kernel in memory: page tables, VMCOREINFO, and on request mem_section and struct pages.
#pragma once

#include <string>

#include "common/endian.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"

namespace kdump::test {

class FakeKernel {
 public:
  static constexpr uint64_t kImageBase = 0xffffffff80000000;  // maps physical address 0
  static constexpr uint64_t kMemorySize = uint64_t{16} << 20;

  // 16 MiB of memory at 0, all of it mapped at kImageBase; page tables grow from 1 MiB.
  explicit FakeKernel(int levels = 4, uint64_t sme_mask = 0) : levels_(levels), sme_mask_(sme_mask) {
    vmcore_.add_memory(0, kMemorySize);
    root_ = new_table();
    for (uint64_t at = 0; at < kMemorySize; at += uint64_t{2} << 20) map(kImageBase + at, at, 21);
    line("OSRELEASE=6.1.0-test");
    line("PAGESIZE=4096");
    line("NUMBER(phys_base)=0");
    line("SYMBOL(init_top_pgt)=" + fmt::format("{:x}", kImageBase + root_));
    line(fmt::format("NUMBER(pgtable_l5_enabled)={}", levels == 5 ? 1 : 0));
    line(fmt::format("NUMBER(sme_mask)={}", sme_mask));
  }

  FakeVmcore& vmcore() { return vmcore_; }
  [[nodiscard]] uint64_t root() const { return root_; }
  void line(const std::string& text) { vmcoreinfo_ += text + "\n"; }
  // Replaces a line that begins with `start` by `text`; empty removes it.
  void replace_line(std::string_view start, const std::string& text) {
    const size_t at = vmcoreinfo_.find(start);
    if (at == std::string::npos) std::abort();
    vmcoreinfo_.replace(at, vmcoreinfo_.find('\n', at) + 1 - at, text.empty() ? "" : text + "\n");
  }

  // Maps 2^shift bytes (12, 21 or 30) at virtual `va` to physical `pa`.
  void map(uint64_t va, uint64_t pa, unsigned shift) {
    uint64_t table = root_;
    for (unsigned level_shift = levels_ == 5 ? 48 : 39; level_shift > shift; level_shift -= 9)
      table = next_table(entry_address(table, va, level_shift));
    const uint64_t huge = shift > 12 ? 0x80 : 0;
    vmcore_.put_value<le64>(entry_address(table, va, shift), pa | sme_mask_ | huge | 1);
  }

  // What the dump's reader makes of it; call once, when all lines are there.
  Result<KernelInfo> info(const NamedFacts& named = {}) {
    vmcore_.add_vmcoreinfo(vmcoreinfo_);
    return read_kernel_info(vmcore_, named);
  }
  [[nodiscard]] const std::string& vmcoreinfo() const { return vmcoreinfo_; }

 private:
  static uint64_t entry_address(uint64_t table, uint64_t va, unsigned shift) {
    return table + ((va >> shift) & 511) * 8;
  }
  uint64_t new_table() { return std::exchange(free_table_, free_table_ + 4096); }
  uint64_t next_table(uint64_t entry_at) {
    le64 entry;
    if (!vmcore_.read(PhysAddr(entry_at), mutable_bytes_of(entry))) std::abort();
    if ((entry & 1) == 0) {
      entry = new_table() | sme_mask_ | 1;
      vmcore_.put_value<le64>(entry_at, entry);
    }
    return entry & ~(sme_mask_ | 0xfff);
  }

  FakeVmcore vmcore_;
  std::string vmcoreinfo_;
  int levels_;
  uint64_t sme_mask_;
  uint64_t free_table_ = 0x100000;
  uint64_t root_ = 0;
};

// Adds what 6.1 kernels tell of struct page, and the struct pages of the kernel's 4096 pages, all zero: in
// the 256 KiB at 8 MiB, mapped at kVmemmap. mem_section's one root is at 2 MiB, its sections at 2 MiB + 4
// KiB.
class FakeStructPages {
 public:
  static constexpr uint64_t kVmemmap = 0xffffea0000000000;
  static constexpr uint64_t kPlace = uint64_t{8} << 20;
  static constexpr uint64_t kRoots = uint64_t{2} << 20;
  static constexpr uint64_t kSections = kRoots + 4096;
  static constexpr uint64_t kPages = FakeKernel::kMemorySize / 4096;
  // Flags and page types of 6.1.
  static constexpr uint64_t kLru = 1 << 4, kSlab = 1 << 9, kSwapcache = 1 << 10, kPrivate = 1 << 13,
                            kHead = 1 << 16, kSwapbacked = 1 << 19, kHwpoison = 1 << 22;
  static constexpr uint32_t kBuddy = ~0x80U, kOffline = ~0x100U;

  explicit FakeStructPages(FakeKernel& kernel) : kernel_(&kernel) {
    for (const char* text : {"SIZE(page)=64",
                             "OFFSET(page.flags)=0",
                             "OFFSET(page._refcount)=52",
                             "OFFSET(page.mapping)=24",
                             "OFFSET(page.lru)=8",
                             "OFFSET(page._mapcount)=48",
                             "OFFSET(page.private)=40",
                             "OFFSET(page.compound_dtor)=16",
                             "OFFSET(page.compound_order)=17",
                             "OFFSET(page.compound_head)=8",
                             "NUMBER(PG_lru)=4",
                             "NUMBER(PG_private)=13",
                             "NUMBER(PG_swapcache)=10",
                             "NUMBER(PG_swapbacked)=19",
                             "NUMBER(PG_slab)=9",
                             "NUMBER(PG_head_mask)=65536",
                             "NUMBER(PG_hwpoison)=22",
                             "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129",
                             "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257",
                             "NUMBER(HUGETLB_PAGE_DTOR)=2",
                             "LENGTH(zone.free_area)=11",
                             "SIZE(mem_section)=16",
                             "OFFSET(mem_section.section_mem_map)=0",
                             "LENGTH(mem_section)=2048",
                             "NUMBER(SECTION_SIZE_BITS)=27",
                             "NUMBER(MAX_PHYSMEM_BITS)=46"})
      kernel.line(text);
    kernel.line(fmt::format("SYMBOL(mem_section)={:x}", FakeKernel::kImageBase + kRoots));
    kernel.map(kVmemmap, kPlace, 21);
    kernel.vmcore().put_value<le64>(kRoots, FakeKernel::kImageBase + kSections);
    set_section(0, kVmemmap | 0x3f);
    for (uint64_t pfn = 0; pfn < kPages; ++pfn) {
      mapcount(pfn, UINT32_MAX);
      references(pfn, 1);
    }
  }

  // section_mem_map of a section.
  void set_section(uint64_t section, uint64_t coded) {
    kernel_->vmcore().put_value<le64>(kSections + section * 16, coded);
  }
  void flags(uint64_t pfn, uint64_t value) { put(pfn, 0, le64(value)); }
  void compound_head(uint64_t pfn, uint64_t value) { put(pfn, 8, le64(value)); }
  void mapping(uint64_t pfn, uint64_t value) { put(pfn, 24, le64(value)); }
  void private_value(uint64_t pfn, uint64_t value) { put(pfn, 40, le64(value)); }
  void mapcount(uint64_t pfn, uint32_t value) { put(pfn, 48, le32(value)); }
  void references(uint64_t pfn, uint32_t value) { put(pfn, 52, le32(value)); }
  // A page of a file's cache.
  void cache(uint64_t pfn, uint64_t more_flags = 0) {
    flags(pfn, kLru | more_flags);
    mapping(pfn, 0xffff888000001000);
  }
  // A compound page of 2^order pages: tails, order and dtor.
  void compound(uint64_t pfn, uint8_t order, uint8_t dtor = 1) {
    for (uint64_t tail = pfn + 1; tail < pfn + (uint64_t{1} << order); ++tail)
      compound_head(tail, kVmemmap + pfn * 64 + 1);
    put(pfn + 1, 16, dtor);
    put(pfn + 1, 17, order);
  }
  void free_block(uint64_t pfn, uint64_t order) {
    mapcount(pfn, kBuddy);
    references(pfn, 0);
    private_value(pfn, order);
  }

 private:
  template <typename T>
  void put(uint64_t pfn, uint64_t offset, T value) {
    kernel_->vmcore().put_value(kPlace + pfn * 64 + offset, value);
  }
  FakeKernel* kernel_;
};

}  // namespace kdump::test
