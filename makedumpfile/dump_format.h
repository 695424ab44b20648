// SPDX-License-Identifier: GPL-2.0-or-later
// What a dump is written as.
#pragma once

#include <memory>

#include "makedumpfile/dump.h"
#include "makedumpfile/erase/evaluate.h"
#include "makedumpfile/filter/page_filter.h"
#include "makedumpfile/format/page_writer.h"

namespace kdump {

// Of the format that the request names. All must outlive it.
std::unique_ptr<PageWriter> create_writer(const DumpRequest& request, const KernelInfo& kernel,
                                          const PageFilter& filter, const ErasePlan& erasure,
                                          RandomAccess& place);

// Where what lies in it, for somebody who looks for a fault.
void describe_layout(const DumpRequest& request, const KernelInfo& kernel, const PageFilter& filter,
                     const ErasePlan& erasure, DumpObserver& observer);

}  // namespace kdump
