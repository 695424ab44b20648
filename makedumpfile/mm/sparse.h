// SPDX-License-Identifier: GPL-2.0-or-later
// Sparse memory (mm/sparse.c, include/linux/mmzone.h): memory in sections of 2^SECTION_SIZE_BITS bytes, each
// with a struct mem_section that tells where its struct pages are. The sections lie in one array, or with
// CONFIG_SPARSEMEM_EXTREME in pages of their own that an array of pointers (the roots) leads to.
#pragma once

#include "makedumpfile/mm/mem_map.h"

namespace kdump {

Result<std::vector<MemMapRange>> read_sparse_mem_map(const KernelInfo& kernel);

// Where the sections of the dump's memory lie, and the roots that lead to them: without these nobody finds a
// struct page. Errors as above.
Result<std::vector<VirtRange>> read_section_tables(const KernelInfo& kernel);

}  // namespace kdump
