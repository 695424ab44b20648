// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/command_line.h"

#include <algorithm>

#include "common/text.h"

namespace kdump::kexec {
namespace {

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

// The next word of `text`, which is shortened by it; an open quote reaches to the end and gets its closing
// one, or whatever is appended later would become part of the value.
std::string take_word(std::string_view& text) {
  bool in_quotes = false;
  size_t end = 0;
  for (; end < text.size() && (in_quotes || !is_blank(text[end])); ++end) {
    if (text[end] == '"') in_quotes = !in_quotes;
  }
  std::string word(text.substr(0, end));
  text.remove_prefix(end);
  if (in_quotes) word += '"';
  return word;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

std::string_view name_of(std::string_view parameter) {
  // The kernel takes "name=a b" in quotes as a whole for name="a b".
  if (parameter.starts_with('"')) parameter.remove_prefix(1);
  return parameter.substr(0, parameter.find_first_of("=\""));
}

char dash_to_underscore(char c) { return c == '-' ? '_' : c; }

// As parameqn() of kernel/params.c.
bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, dash_to_underscore, dash_to_underscore);
}

}  // namespace

CommandLine CommandLine::parse(std::string_view text) {
  CommandLine line;
  for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
    const std::string_view from_here = text;
    std::string word = take_word(text);
    if (word == "--") {
      line.init_arguments_ = trim(from_here);
      break;
    }
    line.parameters_.push_back(std::move(word));
  }
  return line;
}

void CommandLine::remove(std::string_view name) {
  std::erase_if(parameters_,
                [name](const std::string& parameter) { return same_name(name_of(parameter), name); });
}

void CommandLine::append(std::string_view text) {
  CommandLine more = parse(text);
  std::ranges::move(more.parameters_, std::back_inserter(parameters_));
  if (more.init_arguments_.empty()) return;
  if (init_arguments_.empty()) {
    init_arguments_ = std::move(more.init_arguments_);
  } else {
    init_arguments_ += more.init_arguments_.substr(std::string_view("--").size());
  }
}

bool CommandLine::has(std::string_view name) const {
  return std::ranges::any_of(
      parameters_, [name](const std::string& parameter) { return same_name(name_of(parameter), name); });
}

std::string CommandLine::text() const {
  std::string text;
  for (const std::string& parameter : parameters_) {
    if (!text.empty()) text += ' ';
    text += parameter;
  }
  if (!init_arguments_.empty()) text += (text.empty() ? "" : " ") + init_arguments_;
  return text;
}

Status check_length(std::string_view command_line) {
  const size_t length = command_line.size() + 1;
  if (length <= kMaxCommandLine) return {};
  return fail(ErrorKind::usage,
              "the command line takes {} bytes with its end, {} are possible; shorten it by {}", length,
              kMaxCommandLine, length - kMaxCommandLine);
}

}  // namespace kdump::kexec
