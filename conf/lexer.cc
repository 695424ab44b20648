// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/lexer.h"

#include <algorithm>

#include "common/text.h"

namespace kdump::conf {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && kBlanks.find(c) == std::string_view::npos) || byte == 0x7f;
}

std::string_view strip_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

std::vector<Line> lex(std::string_view text, Diagnostics& diagnostics) {
  std::vector<Line> lines;
  unsigned number = 0;
  for (const std::string_view raw : split_lines(text)) {
    ++number;
    if (std::ranges::any_of(raw, is_control)) {
      diagnostics.push_back({Severity::error, number, "control character in the line; this is a text file"});
      continue;
    }
    const std::string_view said = trim(raw.substr(0, raw.find('#')));
    if (said.empty()) continue;
    const size_t end = std::min(said.find_first_of(kBlanks), said.size());
    lines.push_back({number, said.substr(0, end), strip_quotes(trim(said.substr(end)))});
  }
  return lines;
}

}  // namespace kdump::conf
