// SPDX-License-Identifier: GPL-2.0-or-later
// Where the struct pages are: the memory models of the kernel (mm/sparse.c,
// include/asm-generic/memory_model.h) all come to ranges of pages whose struct pages lie in an array.
#pragma once

#include <vector>

#include "common/error.h"
#include "common/units.h"
#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

struct MemMapRange {
  PfnRange pages;
  VirtAddr first;  // the struct page of pages.begin; the others follow, SIZE(page) apart
};

// Ranges in ascending order for the memory that the dump holds. With sparse memory (with and without vmemmap)
// they come from mem_section, else from mem_map. Sections whose description cannot be read are left out.
// Errors: a fact is missing, or no struct page can be found at all.
Result<std::vector<MemMapRange>> read_mem_map(const KernelInfo& kernel);

}  // namespace kdump
