// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/kernel_log.h"

#include <unistd.h>

#include <cerrno>

#include "common/fd.h"
#include "common/text.h"

namespace kdump::worker {
namespace {

constexpr size_t kMaxRecord = 8192;  // CONSOLE_EXT_LOG_MAX, kernel/printk/internal.h

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// /dev/kmsg writes control characters and backslashes as \xNN.
std::string unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' &&
                        hex_digit(text[i + 2]) >= 0 && hex_digit(text[i + 3]) >= 0;
    if (!escape) {
      result += text[i];
      continue;
    }
    const char byte = static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
    // Only what a text file can hold is put back.
    result += byte == '\\' || byte == '\t' || (byte & 0x80) != 0 ? std::string(1, byte)
                                                                 : std::string(text.substr(i, 4));
    i += 3;
  }
  return result;
}

}  // namespace

std::string log_line(std::string_view record) {
  const size_t semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return {};
  const std::vector<std::string_view> fields = split(record.substr(0, semicolon), ',');
  if (fields.size() < 3) return {};
  const auto microseconds = parse_u64(fields[2]);
  if (!microseconds) return {};
  const std::string_view rest = record.substr(semicolon + 1);
  return fmt::format("[{:5}.{:06}] {}\n", *microseconds / 1'000'000, *microseconds % 1'000'000,
                     unescaped(rest.substr(0, rest.find('\n'))));
}

Result<std::string> read_kernel_log(const std::string& path) {
  const UniqueFd fd = TRY(open_file(path, O_RDONLY | O_NONBLOCK));
  std::string log;
  std::string record(kMaxRecord, '\0');
  while (true) {
    const ssize_t n = read(fd.get(), record.data(), record.size());
    if (n > 0) log += log_line({record.data(), static_cast<size_t>(n)});
    if (n == 0 || (n < 0 && errno == EAGAIN)) return log;
    // EPIPE: the record was overwritten before it was read; the next read goes on behind it.
    if (n < 0 && errno != EINTR && errno != EPIPE) return fail_errno(errno, "cannot read {}", path);
  }
}

}  // namespace kdump::worker
