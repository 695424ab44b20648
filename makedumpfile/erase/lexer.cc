// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/lexer.h"

#include <algorithm>

#include "common/text.h"

namespace kdump {
namespace {

bool is_printable(char c) { return c > ' ' && c < '\x7f'; }
bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

class LineSplitter {
 public:
  LineSplitter(std::string_view line, unsigned number, const std::string& file)
      : line_(line.substr(0, line.find('#'))), number_(number), file_(file) {}

  Status split(std::vector<RuleWord>& words) const {
    const size_t first = skip_blanks(0);
    if (first < line_.size() && line_[first] == '[') return take_section(first, words);
    for (size_t at = first; at < line_.size();) {
      const size_t end = TRY(end_of_word(at));
      words.push_back({RuleWord::Kind::word, line_.substr(at, end - at), place(at)});
      at = skip_blanks(end);
    }
    return {};
  }

 private:
  [[nodiscard]] RulePlace place(size_t at) const { return {number_, static_cast<unsigned>(at + 1)}; }

  [[nodiscard]] size_t skip_blanks(size_t at) const {
    while (at < line_.size() && is_blank(line_[at])) ++at;
    return at;
  }

  [[nodiscard]] Result<size_t> end_of_word(size_t at) const {
    size_t end = at;
    while (end < line_.size() && is_printable(line_[end])) ++end;
    if (end == line_.size() || is_blank(line_[end])) return end;
    return fail_at(file_, place(end), "a byte {:#04x}, where text belongs",
                   static_cast<unsigned char>(line_[end]));
  }

  Status take_section(size_t at, std::vector<RuleWord>& words) const {
    const size_t close = line_.find(']', at);
    if (close == std::string_view::npos)
      return fail_at(file_, place(at), "a section's name without its ']', expected [vmlinux] or [MODULE]");
    const std::string_view name = line_.substr(at + 1, close - at - 1);
    if (name.empty() || !std::ranges::all_of(name, is_printable))
      return fail_at(file_, place(at), "'[{}]' names no module, expected [vmlinux] or [MODULE]", trim(name));
    if (const size_t rest = skip_blanks(close + 1); rest != line_.size())
      return fail_at(file_, place(rest), "words behind [{}], expected them on the next line", name);
    words.push_back({RuleWord::Kind::section, name, place(at)});
    return {};
  }

  std::string_view line_;
  unsigned number_;
  const std::string& file_;
};

}  // namespace

Result<std::vector<RuleWord>> split_rules(std::string_view text, const std::string& file) {
  std::vector<RuleWord> words;
  unsigned number = 0;
  for (const std::string_view line : split_lines(text)) TRY(LineSplitter(line, ++number, file).split(words));
  words.push_back({RuleWord::Kind::end, {}, {number + 1, 1}});
  return words;
}

}  // namespace kdump
