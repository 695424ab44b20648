// SPDX-License-Identifier: GPL-2.0-or-later
// What a dump that was filtered before asks of one that is made of it.
#pragma once

#include "makedumpfile/dump.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

// The dump level with that of the input, for what an earlier filter left out is gone; tells `observer` when
// it is another than the request's. A kdump-compressed input that is to become an ELF core is
// ErrorKind::usage.
Result<int> refilter_level(const DumpRequest& request, const Vmcore& vmcore, DumpObserver& observer);

// Bits that the header's dump level has whatever is left out now.
int earlier_level(const Vmcore& vmcore);

}  // namespace kdump
