// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the zero pages that a dump can leave out only before its headers are written, as ELF has it.
//
// Just long runs matter, and a run of 256 pages has one whose number is a multiple of 256. So one page in 256
// is read, and its neighbours only where it has nothing but zeros.
#pragma once

#include "common/error.h"
#include "makedumpfile/filter/page_filter.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

// The shortest run, in pages; pages that are left out anyway count as if they were zero.
inline constexpr uint64_t kZeroRunPages = 256;

// Clears the bits of zero pages in long runs inside the window, and counts them as PageClass::zero. A page
// that cannot be read is no zero page.
void leave_out_zero_runs(const Vmcore& vmcore, uint64_t page_size, WindowResult& window);

}  // namespace kdump
