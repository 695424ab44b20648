// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's log before 3.5 (kernel/printk.c before 7ff9554bb578): plain text, which goes round in log_buf.
// log_end counts every byte that was ever logged; log_buf_len is a power of two. logged_chars counts those
// since the log was cleared, as far as they are there.
#pragma once

#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/report/log_text.h"

namespace kdump {

// Passes the text on as it is, line by line; the last one gets a newline where it has none. Errors: facts
// that are missing or cannot be, memory that cannot be read, and `emit`'s.
Status read_flat_log(const KernelInfo& kernel, LogPart part, const LineSink& emit);

}  // namespace kdump
