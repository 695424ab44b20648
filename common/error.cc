// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/error.h"

#include <cctype>
#include <cstring>

namespace kdump {

void Error::prepend(std::string_view context) { message_.insert(0, fmt::format("{}: ", context)); }

std::string errno_text(int errno_value) {
  // GNU's strerror_r may answer from a static table instead of the buffer.
  char buffer[128];
  std::string text = strerror_r(errno_value, buffer, sizeof buffer);
  const bool starts_a_word = text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0;
  if (starts_a_word) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

Failure make_failure(ErrorKind kind, int errno_value, std::string message) {
  if (errno_value == ENOSPC || errno_value == EDQUOT) kind = ErrorKind::no_space;
  return Failure(Error(kind, errno_value, std::move(message)));
}

}  // namespace kdump
