// SPDX-License-Identifier: GPL-2.0-or-later
// The symbol table that the kernel keeps for its own backtraces (CONFIG_KALLSYMS; kernel/kallsyms.c, written
// by scripts/kallsyms.c), read from the dead kernel's memory. VMCOREINFO tells where it is since f09bddbd8661
// (6.0). With CONFIG_KALLSYMS_ALL it has variables, too.
//
//   kallsyms_num_syms     u32, the number of symbols
//   kallsyms_names        a symbol each: the number of tokens, one byte (below 128) or two (7 bits, then 8
//                         more, with bit 7 of the first set: since 73bbb94466fd, 6.1), and that many bytes,
//                         each the index of a token; the tokens together are the type, as nm prints it, and
//                         the name
//   kallsyms_token_index  256 u16: where in kallsyms_token_table the token is, a C string
//
// Addresses, in the order of the names, are in one of four encodings:
//
//   addresses         kallsyms_addresses: u64 each (without CONFIG_KALLSYMS_BASE_RELATIVE; gone in 6.11)
//   offsets           kallsyms_offsets: u32 each, from kallsyms_relative_base (2213e9a66bb8, 4.6)
//   absolute percpu   the same array, with CONFIG_KALLSYMS_ABSOLUTE_PERCPU (x86_64 SMP, gone with
//                     01157ddc58dc, 6.15): an i32 >= 0 is the address, one below zero counts down from
//                     kallsyms_relative_base - 1
//   place-relative    the same array without kallsyms_relative_base: an i32 from its own place
//                     (a081b5789255, 7.0)
//
// Nothing in the dump says which one it is, so it is the one that agrees with the symbols of VMCOREINFO.
// Where the tables of older kernels are is found by what they look like: kallsyms_search.h.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/units.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {

inline constexpr uint32_t kMaxKallsyms = 8U << 20;  // real kernels have 100,000 to 400,000 symbols

struct KallsymsTables {
  VirtAddr num_syms, names, token_table, token_index;
  std::optional<VirtAddr> addresses, offsets, relative_base;  // whichever may hold the addresses
};

// Where VMCOREINFO says that they are.
Result<KallsymsTables> told_kallsyms(const Facts& facts);

using SymbolAddresses = std::map<std::string, VirtAddr, std::less<>>;

// The addresses of those of `wanted` that the kernel has, in one pass over the names in bounded memory. Of
// symbols that share a name the global one counts; when that does not decide, none does. Per-CPU variables
// have offsets into their CPU's area where the kernel has it so (before 6.15 on x86_64).
// Errors: a table cannot be read, contradicts itself, or no encoding agrees with VMCOREINFO.
Result<SymbolAddresses> look_up_kallsyms(const KallsymsTables& tables, const Facts& facts,
                                         const AddressSpace& address_space,
                                         std::span<const std::string_view> wanted);

}  // namespace kdump
