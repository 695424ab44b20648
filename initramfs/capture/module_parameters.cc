// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/module_parameters.h"

#include <algorithm>

#include "common/module_name.h"
#include "common/text.h"

namespace kdump::capture {
namespace {

std::string module_of_file(std::string_view path) {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  return module_name(file.substr(0, file.find('.')));
}

// Takes the first word off `rest`; blanks in double quotes belong to it.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  bool quoted = false;
  size_t end = 0;
  for (; end < rest.size() && (quoted || !kBlanks.contains(rest[end])); ++end) quoted ^= rest[end] == '"';
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

}  // namespace

std::string module_parameters(std::string_view command_line, std::string_view path) {
  const std::string name = module_of_file(path);
  std::string parameters;
  while (true) {
    const std::string_view word = take_word(command_line);
    if (word.empty() || word == "--") return parameters;  // after that come init's own arguments
    const size_t dot = word.substr(0, word.find('=')).find('.');
    if (dot == std::string_view::npos || module_name(word.substr(0, dot)) != name) continue;
    parameters += parameters.empty() ? "" : " ";
    parameters += word.substr(dot + 1);
  }
}

}  // namespace kdump::capture
