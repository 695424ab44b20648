// SPDX-License-Identifier: GPL-2.0-or-later
// Where the struct pages are: the memory models of the kernel (mm/sparse.c,
// include/asm-generic/memory_model.h) all come to ranges of pages whose struct pages lie in an array.
#pragma once

#include <vector>

#include "common/error.h"
#include "common/units.h"
#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

// In place of an address: there are struct pages, but what tells where cannot be read.
inline constexpr VirtAddr kUnknownPlace{0};

struct MemMapRange {
  PfnRange pages;
  VirtAddr first;  // the struct page of pages.begin; the others follow, SIZE(page) apart
};

// Ranges in ascending order for the memory that the dump holds. With sparse memory (with and without vmemmap)
// they come from mem_section, else from mem_map. Memory behind the last range is none of the kernel's: left
// alone with mem=, or no RAM at all. Sections whose description cannot be read are at kUnknownPlace.
// Errors: a fact is missing, or no struct page can be found at all.
Result<std::vector<MemMapRange>> read_mem_map(const KernelInfo& kernel);

}  // namespace kdump
