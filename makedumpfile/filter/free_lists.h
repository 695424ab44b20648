// SPDX-License-Identifier: GPL-2.0-or-later
// Free pages as the page allocator itself knows them: from the zones' free lists (zone.free_area), for dumps
// whose facts do not tell how a struct page says "free". Slower than looking at struct pages, and a list that
// is broken tells nothing beyond the break.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/mm/mem_map.h"

namespace kdump {

struct FreeLists {
  std::vector<PfnRange> pages;      // ascending, without overlaps
  std::vector<std::string> damage;  // what is wrong, one line each: the pages in question are not in `pages`
};

// At most so many blocks are taken, the largest first: 4 MiB of memory, enough for 1 TiB of free memory in
// blocks of 4 MiB.
inline constexpr size_t kMaxFreeBlocks = size_t{1} << 18;

// Walks every list, from the largest blocks to the smallest. `mem_map` tells which page a struct page is of,
// `struct_size` is SIZE(page). Errors: a fact is missing, or the zones cannot be read.
Result<FreeLists> read_free_lists(const KernelInfo& kernel, const std::vector<MemMapRange>& mem_map,
                                  uint64_t struct_size, size_t max_blocks = kMaxFreeBlocks);

}  // namespace kdump
