// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile/dump_state.h"

namespace kdump {

// The pages to copy, at the highest level at which what is left out can be right; header and bitmaps are
// written. Nothing goes into a stream before the check has passed, at the price of another look at each
// struct page; elsewhere what was written too early is written again.
Result<uint64_t> select_pages(Dump& dump);

}  // namespace kdump
