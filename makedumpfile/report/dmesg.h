// SPDX-License-Identifier: GPL-2.0-or-later
// The dead kernel's log, as text, in makedumpfile --dump-dmesg's form: "[%5lld.%06ld] ", who logged it where
// that is known, continuation lines indented, unprintable bytes as \xNN.
#pragma once

#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/report/log_text.h"

namespace kdump {

// Passes the log to `emit` line by line, each with its newline, oldest first, whatever form the kernel's age
// gave it. Errors: no record can be found at all (but LogPart::since_clear may be empty), what there is of a
// record log (record_log.h) ends in the middle, or `emit`'s.
Status read_dmesg(const KernelInfo& kernel, const LineSink& emit, LogPart part = LogPart::whole);

}  // namespace kdump
