// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's log from 3.5 to 5.9 (kernel/printk/printk.c before 896fbe20b4e2): records of different lengths
// in log_buf, from log_first_idx up to log_next_idx, which are offsets of bytes. A record is a struct
// printk_log (struct log before 62e32ac3505a, 3.11), its text, a dictionary, and padding; `len` is all of it.
// One with len 0 means that the next one is at the buffer's start. clear_idx is where the log was cleared.
#pragma once

#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/report/log_text.h"

namespace kdump {

// Passes the records on. Where one is damaged nothing tells where the next one is: an error then, after all
// that come before. Errors: also facts that are missing, and `take`'s.
Status read_record_log(const KernelInfo& kernel, LogPart part, const RecordSink& take);

}  // namespace kdump
