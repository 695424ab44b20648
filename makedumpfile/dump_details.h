// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody who looks for a fault in a dump may want to know.
#pragma once

#include "makedumpfile/dump.h"
#include "makedumpfile/filter/page_filter.h"
#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

// What the dump is made from.
void describe_input(const KernelInfo& kernel, DumpObserver& observer);
void describe_protected(const ProtectedPages& found, DumpObserver& observer);

// What the struct pages say that the user should know.
void tell_findings(const DumpReport& report, DumpObserver& observer);

}  // namespace kdump
