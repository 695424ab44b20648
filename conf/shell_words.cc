// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/shell_words.h"

#include <algorithm>
#include <cctype>

namespace kdump::conf {
namespace {

constexpr std::string_view kExpands = "$`";
constexpr std::string_view kOperators = ";&|<>()";
constexpr const char* kNoExpansion =
    "$ and ` are not expanded, the file is read and never executed; write the "
    "text itself";

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

char AssignmentScanner::take() {
  const char c = text_[offset_++];
  if (c == '\n') ++line_;
  return c;
}

void AssignmentScanner::skip_line() {
  while (!at_end() && peek() != '\n') take();
}

void AssignmentScanner::skip_blanks_and_comments() {
  while (!at_end() && (is_one_of(peek(), " \t\r\n;") || peek() == '#')) {
    if (peek() == '#')
      skip_line();
    else
      take();
  }
}

std::optional<Assignment> AssignmentScanner::next(Diagnostics& diagnostics) {
  while (true) {
    skip_blanks_and_comments();
    if (at_end()) return std::nullopt;
    Assignment assignment{line_, {}, {}};
    std::string error = scan_statement(assignment);
    if (error.empty()) return assignment;
    diagnostics.push_back({Severity::error, assignment.line, std::move(error)});
    skip_line();
  }
}

std::string AssignmentScanner::scan_statement(Assignment& assignment) {
  constexpr std::string_view kExport = "export";
  while (!at_end() && is_name(peek())) assignment.name += take();
  if (assignment.name == kExport && !at_end() && is_one_of(peek(), " \t")) {
    assignment.name.clear();
    while (!at_end() && is_one_of(peek(), " \t")) take();
    while (!at_end() && is_name(peek())) assignment.name += take();
  }
  if (assignment.name.empty() || std::isdigit(static_cast<unsigned char>(assignment.name[0])) != 0 ||
      at_end() || peek() != '=')
    return "not an assignment; write NAME=\"value\", nothing else is understood here";
  take();
  return scan_value(assignment.value);
}

std::string AssignmentScanner::scan_value(std::string& value) {
  while (!at_end() && !is_one_of(peek(), " \t\r\n;")) {
    const char c = take();
    std::string error;
    if (c == '\'')
      error = scan_single_quoted(value);
    else if (c == '"')
      error = scan_double_quoted(value);
    else if (c == '\\')
      error = scan_escape(value, false);
    else if (is_one_of(c, kExpands))
      error = kNoExpansion;
    else if (is_one_of(c, kOperators))
      error = std::string("unquoted ") + c + "; put the value in quotes";
    else
      value += c;
    if (!error.empty()) return error;
  }
  while (!at_end() && is_one_of(peek(), " \t\r")) take();
  const bool ended = at_end() || is_one_of(peek(), "\n;#");
  return ended ? "" : "words after the value; put a value of several words in quotes";
}

std::string AssignmentScanner::scan_single_quoted(std::string& value) {
  while (!at_end()) {
    const char c = take();
    if (c == '\'') return {};
    value += c;
  }
  return "the quote ' is not closed";
}

std::string AssignmentScanner::scan_double_quoted(std::string& value) {
  while (!at_end()) {
    const char c = take();
    if (c == '"') return {};
    if (is_one_of(c, kExpands)) return kNoExpansion;
    if (c != '\\') {
      value += c;
      continue;
    }
    std::string error = scan_escape(value, true);
    if (!error.empty()) return error;
  }
  return "the quote \" is not closed";
}

// Within double quotes a backslash is only special before the characters that are special there.
std::string AssignmentScanner::scan_escape(std::string& value, bool quoted) {
  if (at_end()) return "a backslash ends the file";
  const char c = take();
  if (c == '\n') return {};
  if (quoted && !is_one_of(c, "\"\\$`")) value += '\\';
  value += c;
  return {};
}

}  // namespace kdump::conf
