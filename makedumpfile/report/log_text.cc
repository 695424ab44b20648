// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/log_text.h"

#include <fmt/core.h>

#include <cctype>
#include <string>

namespace kdump {
namespace {

constexpr uint32_t kIsCpu = 0x80000000;  // printk_caller_id() of kernel/printk/printk.c

std::string prefix_of(const LogRecord& record) {
  const uint64_t microseconds = record.ts_nsec / 1000;
  std::string prefix = fmt::format("[{:5}.{:06}] ", microseconds / 1'000'000, microseconds % 1'000'000);
  if (!record.caller_id) return prefix;
  const bool is_cpu = (*record.caller_id & kIsCpu) != 0;
  const std::string caller = fmt::format("{}{}", is_cpu ? 'C' : 'T', *record.caller_id & ~kIsCpu);
  return prefix + fmt::format("[{:>8}] ", caller);
}

void append_printable(std::string& line, unsigned char c) {
  if (std::isprint(c) != 0 || std::isspace(c) != 0) {
    line += static_cast<char>(c);
  } else {
    line += fmt::format("\\x{:02x}", c);
  }
}

}  // namespace

Status emit_record(const LogRecord& record, const LineSink& emit) {
  std::string line = prefix_of(record);
  const std::string indent(line.size(), ' ');
  for (const char c : record.text) {
    if (c != '\n') {
      append_printable(line, static_cast<unsigned char>(c));
      continue;
    }
    TRY(emit(line + '\n'));
    line = indent;
  }
  return emit(line + '\n');
}

}  // namespace kdump
