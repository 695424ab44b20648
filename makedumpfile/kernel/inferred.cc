// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/inferred.h"

#include "common/layout/elf.h"

namespace kdump {
namespace {

using Inferred = std::optional<int64_t>;

struct Inference {
  std::string_view key;
  Inferred (*infer)(const Facts& facts, uint16_t machine);  // nullopt: does not follow here
  std::string_view proof;                                   // the kernel source or commit that makes it so
};

Inferred when(bool holds, int64_t value) { return holds ? Inferred(value) : std::nullopt; }

Inferred section_bits(const Facts& /*facts*/, uint16_t machine) {
  return when(machine == elf::EM_X86_64, 27);
}

Inferred physmem_bits(const Facts& facts, uint16_t machine) {
  const bool five_levels = facts.number("pgtable_l5_enabled").value_or(0) != 0;
  return when(machine == elf::EM_X86_64, five_levels ? 52 : 46);
}

// NR_SECTION_ROOTS of include/linux/mmzone.h.
Inferred section_roots(const Facts& facts, uint16_t machine) {
  constexpr int64_t kPageSize = 4096;
  const int64_t entry = static_cast<int64_t>(facts.size("mem_section").value_or(0));
  const int64_t bits =
      facts.number("MAX_PHYSMEM_BITS").value_or(0) - facts.number("SECTION_SIZE_BITS").value_or(0);
  if (machine != elf::EM_X86_64 || entry <= 0 || entry > kPageSize || bits <= 0 || bits > 40)
    return std::nullopt;
  const int64_t per_root = kPageSize / entry;
  return ((int64_t{1} << bits) + per_root - 1) / per_root;
}

// _mapcount doubles as a set of page types, one cleared bit each, while PG_slab is still a flag.
bool page_types_are_bits(const Facts& facts) {
  return facts.has("NUMBER(PG_slab)") && !facts.has("NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)");
}

// Before 6e292b9be7f4 struct page has no page_type, and other numbers in _mapcount.
bool page_types_are_low_bits(const Facts& facts) {
  return page_types_are_bits(facts) && facts.has("OFFSET(page.page_type)");
}

Inferred buddy(const Facts& facts, uint16_t /*machine*/) {
  const bool by_offline = page_types_are_bits(facts) && facts.number("PAGE_OFFLINE_MAPCOUNT_VALUE") == ~0x100;
  return when(by_offline || page_types_are_low_bits(facts), ~0x80);
}

Inferred offline(const Facts& facts, uint16_t /*machine*/) {
  const bool by_buddy = page_types_are_bits(facts) && facts.number("PAGE_BUDDY_MAPCOUNT_VALUE") == ~0x80;
  return when(by_buddy || page_types_are_low_bits(facts), ~0x100);
}

Inferred reserved(const Facts& facts, uint16_t /*machine*/) {
  const auto private_bit = facts.number("PG_private");
  return private_bit && *private_bit > 0 ? Inferred(*private_bit - 1) : std::nullopt;
}

// The linker gives the first task's stack, a thread_union, THREAD_SIZE bytes.
Inferred stack_size(const Facts& facts, uint16_t /*machine*/) {
  constexpr uint64_t kMaxStack = 1 << 20;
  auto start = facts.symbol("__start_init_stack"), end = facts.symbol("__end_init_stack");
  if (!start) start = facts.symbol("__start_init_task");
  if (!end) end = facts.symbol("__end_init_task");
  if (!start || !end || *end - *start > kMaxStack) return std::nullopt;
  return static_cast<int64_t>(*end - *start);
}

// A bit a node; below 64 nodes the mask is a whole word all the same, so it does not tell.
Inferred node_count(const Facts& facts, uint16_t /*machine*/) {
  const uint64_t mask = facts.size("nodemask_t").value_or(0);
  return when(facts.has("SYMBOL(node_data)") && mask > 8 && mask <= 4096, static_cast<int64_t>(mask * 8));
}

// In this order: a row may build on those before it. A kernel that needs a new row gets one with its commit.
constexpr Inference kInferences[] = {
    {"NUMBER(SECTION_SIZE_BITS)", section_bits,
     "arch/x86/include/asm/sparsemem.h; in VMCOREINFO since 1d50e5d0c505 (5.8)"},
    {"NUMBER(MAX_PHYSMEM_BITS)", physmem_bits,
     "arch/x86/include/asm/sparsemem.h, 52 with five levels since 162434e7f58b (4.17)"},
    {"LENGTH(mem_section)", section_roots,
     "x86_64 has SPARSEMEM_EXTREME in every configuration: only X86_32 selects SPARSEMEM_STATIC "
     "(arch/x86/Kconfig, mm/Kconfig)"},
    {"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", buddy,
     "PG_buddy of include/linux/page-flags.h since 6e292b9be7f4 (4.18), a macro until 6.10"},
    {"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", offline,
     "PG_offline (PG_balloon before 5.1) of include/linux/page-flags.h since 6e292b9be7f4; in VMCOREINFO "
     "since e04b742f74c2 (5.1), from 6.6 to 6.8 only with hugetlb"},
    {"NUMBER(PG_reserved)", reserved,
     "enum pageflags of include/linux/page-flags.h: PG_reserved stands before PG_private (5.10 to 7.2)"},
    {"SIZE(thread_union)", stack_size,
     "INIT_TASK_DATA of include/asm-generic/vmlinux.lds.h; the union itself is in no function, so not in "
     "BTF"},
    {"LENGTH(node_data)", node_count,
     "nodemask_t has MAX_NUMNODES bits, node_data as many elements (include/linux/nodemask.h, "
     "arch/x86/mm/numa.c)"},
};

}  // namespace

void infer_facts(Facts& facts, uint16_t machine) {
  for (const Inference& inference : kInferences) {
    if (facts.has(inference.key)) continue;
    if (const auto value = inference.infer(facts, machine))
      facts.add(inference.key, *value, FactSource::inferred);
  }
}

}  // namespace kdump
