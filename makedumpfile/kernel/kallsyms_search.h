// SPDX-License-Identifier: GPL-2.0-or-later
// The symbol table of kernels that do not say where it is (before 6.0): found by what it looks like.
//
// scripts/kallsyms.c writes the tables one after the other into .rodata, each at a multiple of 8 bytes, from
// 4.6 (2213e9a66bb8) to 6.0 in this order:
//
//   kallsyms_offsets, kallsyms_relative_base (or kallsyms_addresses alone), kallsyms_num_syms,
//   kallsyms_names, kallsyms_markers, kallsyms_token_table, kallsyms_token_index
//
// The index of tokens gives itself away: 256 ascending numbers from 0 on, each behind a NUL of the table
// before it. kallsyms_markers has the place of every 256th symbol in kallsyms_names as a u32, from 0 on
// (80ffbaa5b1bd, 4.20). What is found this way agrees in some thousand bytes, and is then held against
// VMCOREINFO like any other.
#pragma once

#include "common/error.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/kallsyms.h"

namespace kdump {

// Looks through what is mapped of `image`, where the kernel image is. Errors: there is none.
Result<KallsymsTables> search_kallsyms(const AddressSpace& address_space, VirtRange image);

}  // namespace kdump
