// SPDX-License-Identifier: GPL-2.0-or-later
// A record of the kernel's log as lines of text: what dmesg shows, as makedumpfile --dump-dmesg writes it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/error.h"

namespace kdump {

struct LogRecord {
  uint64_t ts_nsec;                   // since boot
  std::optional<uint32_t> caller_id;  // printk_caller_id(): a task's id, or with the top bit a CPU's number
  std::string_view text;  // without the newline at its end; lines of a record are separated by '\n'
};

// A line that is longer comes in pieces of so many bytes: a hostile buffer need not have newlines.
inline constexpr size_t kLongestLine = 65536;

// Takes a line with its newline, which all but the last of its pieces lack.
using LineSink = std::function<Status(std::string_view)>;
// Called for each record, the oldest one first.
using RecordSink = std::function<Status(const LogRecord&)>;

// Which of the records: all that are there, or those since the log was cleared last (dmesg -c, dmesg -C).
enum class LogPart { whole, since_clear };

// "[%5lld.%06ld] ", where the caller is known "[%8s] " with T123 or C4, and the text; its later lines are
// indented to where the first one's text starts. Unprintable bytes become \xNN.
Status emit_record(const LogRecord& record, const LineSink& emit);

}  // namespace kdump
