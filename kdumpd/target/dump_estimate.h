// SPDX-License-Identifier: GPL-2.0-or-later
// How large a dump may become, told from what the running system's memory holds now.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace kdump::service {

struct DumpEstimate {
  uint64_t bytes = 0;
  int level = 0;  // of the collector
};

// From the text of /proc/meminfo and the words of core_collector. What stays of MemTotal, in kB of meminfo:
//   - MemFree                          with bit 16 of the level
//   - AnonPages + Hugetlb              with bit 8
//   - Cached + Buffers + SwapCached    with bit 4; bit 2 alone leaves pages with private data in, and how
//   many
//                                      these are nobody tells
// and nothing for pages of zeros (bit 1) and for compression, of which nobody knows beforehand. On top come
// 24 bytes for each page that stays (its descriptor) and 2 bits for each page of the machine (the bitmaps).
// cp and scp copy all.
Result<DumpEstimate> estimate_dump(std::string_view meminfo, const std::vector<std::string>& collector);

}  // namespace kdump::service
