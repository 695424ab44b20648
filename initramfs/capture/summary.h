// SPDX-License-Identifier: GPL-2.0-or-later
// kdump-result.json for whoever watches the console: what became of the dump, in a few lines.
#pragma once

#include <string>
#include <vector>

#include "initramfs/capture/record.h"

namespace kdump::capture {

// What is saved where, with its numbers; each target that did not take the dump, with its reason; the memory.
std::vector<std::string> summary_lines(const Record& record, const MemoryFigures& memory);

}  // namespace kdump::capture
