// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's log since 5.10 (kernel/printk/printk_ringbuffer.{h,c}): a ring of descriptors, one a record,
// each with a printk_info beside it, and a ring of text. A descriptor's state variable holds its id and in
// the top two bits its state; ids count up, and id modulo the ring's size is its place. A text block starts
// with the id; a block that does not fit before the ring's end starts again at its beginning.
//
// The crash may have come in the middle of a write, and the memory is foreign: whatever does not fit is
// skipped.
#pragma once

#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/report/log_text.h"

namespace kdump {

// Calls `take` for each committed record that has text. Errors: the ring cannot be found, or `take`'s.
Status read_printk_ring(const KernelInfo& kernel, LogPart part, const RecordSink& take);

}  // namespace kdump
