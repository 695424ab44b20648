// SPDX-License-Identifier: GPL-2.0-or-later
// A look at every descriptor of a kdump-compressed file, without the pages' data.
#pragma once

#include <map>
#include <string>

#include "makedumpfile/inspect/problem_list.h"
#include "makedumpfile/vmcore/kdump_file.h"

namespace kdump {

struct PageCensus {
  uint64_t stored = 0;                  // with data of their own
  uint64_t zero = 0;                    // that share the one zero page
  uint64_t lost = 0;                    // with an empty descriptor
  uint64_t damaged = 0;                 // whose descriptor cannot be
  uint64_t data_bytes = 0;              // of stored pages, as they are in the file
  std::map<uint32_t, uint64_t> codecs;  // stored pages by page_desc.flags
  uint64_t beyond = 0;                  // in the second bitmap, but not in the first
};

// Problems are descriptors that cannot be, data before the end of the descriptors or claimed twice, and pages
// that are dumped and do not exist.
Result<PageCensus> take_census(const KdumpFile& file, ProblemList& problems);

}  // namespace kdump
