// SPDX-License-Identifier: GPL-2.0-or-later
// The dead kernel's log, as text, in makedumpfile --dump-dmesg's form: "[%5lld.%06ld] ", continuation lines
// indented, unprintable bytes as \xNN.
#pragma once

#include <functional>
#include <string_view>

#include "common/error.h"
#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

// Passes the log to `emit` line by line, each with its newline, oldest first. Damaged records are skipped; an
// error only when no record can be found at all.
Status read_dmesg(const KernelInfo& kernel, const std::function<Status(std::string_view)>& emit);

}  // namespace kdump
