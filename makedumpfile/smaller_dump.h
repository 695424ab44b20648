// SPDX-License-Identifier: GPL-2.0-or-later
// What is done when the target is full.
//
// What was written cannot be turned into a smaller dump: descriptors lie in the order of the bitmap, so a
// page that is left out moves those of all that follow, and pages already written take the space that the
// kernel's own would need. So the dump begins again in the same place. In the order of their addresses, what
// does not fit would be whatever lies high in memory, often the per-CPU areas and struct pages without which
// a dump tells little: the kernel's own pages go first.
#pragma once

#include "makedumpfile/dump_state.h"

namespace kdump {

struct SmallerDump {
  int level;
  CopyOrder order;
};

// What to try one after the other: the further levels of -d, in the order of addresses; then, if the request
// allows it, the smallest that there is, in that of importance.
std::vector<SmallerDump> smaller_dumps(const Dump& dump);

// Makes `dump` ready to be made once more after its target answered `full`: space is given back, and level
// and order are others. An error where the target cannot be written again.
Status begin_smaller_dump(Dump& dump, const SmallerDump& smaller, const Error& full);

}  // namespace kdump
