// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile/dump_state.h"

namespace kdump {

// Copies the `dumpable` pages that were selected, and says in the report what became of them, also when it
// fails. CopyOrder::important_first: what a debugger needs to open a dump goes first
// (ProtectedPages::is_vital), the struct pages of all memory last.
Status copy_selected_pages(Dump& dump, uint64_t dumpable);

}  // namespace kdump
