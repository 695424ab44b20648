// SPDX-License-Identifier: GPL-2.0-or-later
// The files of a dump, from their opening to their names: one, but for --split.
#pragma once

#include "makedumpfile/dump_state.h"
#include "makedumpfile/dump_target.h"

namespace kdump {

// Writers of the format that the request names, one for each target. All arguments must outlive them.
std::vector<DumpPart> create_parts(const std::vector<Target>& targets, const DumpRequest& request,
                                   const KernelInfo& kernel, const PageFilter& filter,
                                   const ErasePlan& erasure);

// All pages were copied: the files become whole, and get their names. After an error none has its name.
Status finish_parts(Dump& dump);
// After an error: what is there becomes readable, and the error says where and what it is.
Failure give_up(Dump& dump, Error error);

}  // namespace kdump
