// SPDX-License-Identifier: GPL-2.0-or-later
// The pages of a dump, all of them read, by several threads.
#pragma once

#include <functional>

#include "makedumpfile/inspect/verify.h"

namespace kdump {

struct PageCounts {
  uint64_t read = 0;
  uint64_t lost = 0;
  uint64_t damaged = 0;
  uint64_t equal = 0;
  uint64_t different = 0;
  uint64_t not_comparable = 0;
  // Pages that are zeros in an ELF core but not in the vmcore: left out, between others too near for a
  // program header of their own.
  uint64_t blanked = 0;
};

// Reads every stored page of `file` and compares it with `against`, unless nullptr. What is wrong with pages
// is counted and goes to `problems`; an error is one that the rest of the file shares, as of its bitmaps.
// `progress` is called from one thread at a time with the pages done.
Result<PageCounts> verify_pages(const DumpFile& file, const Vmcore* against, unsigned threads,
                                ProblemList& problems, const std::function<void(uint64_t)>& progress);

}  // namespace kdump
