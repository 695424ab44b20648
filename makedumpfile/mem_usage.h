// SPDX-License-Identifier: GPL-2.0-or-later
// --mem-usage: how many pages of each kind there are, and which of them a dump may leave out, in the
// original's table. For the running kernel (/proc/kcore) that is what a panic now would have to save.
#pragma once

#include <string>

#include "makedumpfile/dump.h"

namespace kdump {

struct MemUsage {
  ClassCounts pages;   // zero: those filled with zeros that no other class has
  uint64_t total = 0;  // pages of memory
  uint64_t page_size = 0;
};

// Classifies the memory of request.vmcore at level 31, and reads what remains to find the pages of zeros.
// Errors as a dump of that level has them.
Result<MemUsage> measure_mem_usage(const DumpRequest& request, DumpObserver& observer);

// Ready to print.
std::string describe_mem_usage(const MemUsage& usage);

}  // namespace kdump
