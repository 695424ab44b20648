// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile --reassemble: files of a split dump to one file.
#pragma once

#include <span>
#include <string>

#include "makedumpfile/dump.h"

namespace kdump {

struct ReassembleReport {
  bool incomplete = false;  // a part is marked so, and with it the output
};

// Merges `parts`, in any order, into the new file `output`, which has its name only when it is whole. Errors
// name the part that is wrong or missing. Parts that are marked incomplete are merged, too: the observer is
// told, and the output has the mark.
Result<ReassembleReport> reassemble_dump(std::span<const std::string> parts, const std::string& output,
                                         bool overwrite, DumpObserver& observer);

}  // namespace kdump
