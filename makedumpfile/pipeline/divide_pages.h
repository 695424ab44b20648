// SPDX-License-Identifier: GPL-2.0-or-later
// --split: which pages go into which part.
#pragma once

#include <vector>

#include "makedumpfile/pipeline/window_scan.h"

namespace kdump {

struct PartPages {
  PfnRange range;
  uint64_t dumpable = 0;  // pages in it
};

// `parts` ranges, which together are all pages up to `max_pfn`, each with about as many of the `dumpable`
// pages as any other. They end at multiples of `block_pages`, but for the last, so a range may be empty.
Result<std::vector<PartPages>> divide_pages(WindowScan::Pass pass, Pfn max_pfn, uint64_t dumpable,
                                            size_t parts, uint64_t block_pages);

}  // namespace kdump
