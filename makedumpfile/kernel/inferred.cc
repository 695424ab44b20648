// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/inferred.h"

#include "common/layout/elf.h"

namespace kdump {
namespace {

struct Inference {
  std::string_view key;
  int64_t value;
  bool (*holds)(const Facts& facts, uint16_t machine);
  std::string_view proof;  // the kernel source or commit that makes it so
};

bool is_x86_64(const Facts&, uint16_t machine) { return machine == elf::EM_X86_64; }

bool is_x86_64_with_five_levels(const Facts& facts, uint16_t machine) {
  return is_x86_64(facts, machine) && facts.number("pgtable_l5_enabled").value_or(0) != 0;
}

// _mapcount doubles as a set of page types, one cleared bit each, while PG_slab is still a flag.
bool page_types_are_bits(const Facts& facts) {
  return facts.has("NUMBER(PG_slab)") && !facts.has("NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)");
}

bool buddy_is_type_bit(const Facts& facts, uint16_t) {
  return page_types_are_bits(facts) && facts.number("PAGE_BUDDY_MAPCOUNT_VALUE") == ~0x80;
}

bool offline_is_type_bit(const Facts& facts, uint16_t) {
  return page_types_are_bits(facts) && facts.number("PAGE_OFFLINE_MAPCOUNT_VALUE") == ~0x100;
}

// The first row that holds for a key wins. A kernel that needs a new row gets one with its commit.
constexpr Inference kInferences[] = {
    {"NUMBER(SECTION_SIZE_BITS)", 27, is_x86_64,
     "arch/x86/include/asm/sparsemem.h; in VMCOREINFO since 1d50e5d0c505 (5.8)"},
    {"NUMBER(MAX_PHYSMEM_BITS)", 52, is_x86_64_with_five_levels,
     "arch/x86/include/asm/sparsemem.h since 162434e7f58b (4.17)"},
    {"NUMBER(MAX_PHYSMEM_BITS)", 46, is_x86_64, "arch/x86/include/asm/sparsemem.h"},
    {"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", ~0x100, buddy_is_type_bit,
     "PG_offline (PG_balloon before 5.1) of include/linux/page-flags.h since 6e292b9be7f4; in "
     "VMCOREINFO "
     "since e04b742f74c2 (5.1), from 6.6 to 6.8 only with hugetlb"},
    {"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", ~0x80, offline_is_type_bit,
     "PG_buddy of include/linux/page-flags.h since 6e292b9be7f4 (4.18)"},
};

}  // namespace

void infer_facts(Facts& facts, uint16_t machine) {
  for (const Inference& inference : kInferences)
    if (inference.holds(facts, machine)) facts.add(inference.key, inference.value, FactSource::inferred);
}

}  // namespace kdump
