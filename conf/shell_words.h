// SPDX-License-Identifier: GPL-2.0-or-later
// A scanner for the harmless part of the shell's grammar: NAME=value, quotes, escapes, comments. Whatever
// would have to be executed or expanded is an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/diagnostic.h"

namespace kdump::conf {

struct Assignment {
  unsigned line;
  std::string name;
  std::string value;
};

class AssignmentScanner {
 public:
  explicit AssignmentScanner(std::string_view text) : text_(text) {}

  // The next assignment; nothing at the end. Statements that are none go to `diagnostics`.
  std::optional<Assignment> next(Diagnostics& diagnostics);

 private:
  [[nodiscard]] bool at_end() const { return offset_ == text_.size(); }
  [[nodiscard]] char peek() const { return text_[offset_]; }
  char take();
  void skip_blanks_and_comments();
  void skip_line();
  // Each returns an error text, empty when all is well.
  std::string scan_statement(Assignment& assignment);
  std::string scan_value(std::string& value);
  std::string scan_single_quoted(std::string& value);
  std::string scan_double_quoted(std::string& value);
  std::string scan_escape(std::string& value, bool quoted);

  std::string_view text_;
  size_t offset_ = 0;
  unsigned line_ = 1;
};

}  // namespace kdump::conf
