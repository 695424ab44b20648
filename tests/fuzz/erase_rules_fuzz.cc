// SPDX-License-Identifier: GPL-2.0-or-later
// Files of erase rules: what is read says where it stood, and every path can be written down again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/erase/rules.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_path(const kdump::RulePath& path, unsigned lines) {
  check(!path.names.empty() && path.place.line >= 1 && path.place.line <= lines && path.place.column >= 1);
  for (const std::string& name : path.names) check(!name.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n') + 1);
  const auto rules = kdump::parse_erase_rules(text, "conf");
  if (!rules) {
    check(rules.error().message().starts_with("conf:"));
    return 0;
  }
  for (const kdump::EraseRule& rule : rules->rules) {
    check(!rule.module.empty());
    if (rule.loop) check_path(rule.loop->list, lines);
    for (const kdump::EraseCommand& command : rule.body) {
      check_path(command.what, lines);
      if (command.size) check_path(*command.size, lines);
      check(!command.bytes || *command.bytes > 0);
      check(!rule.loop || command.what.names[0] == rule.loop->variable);
    }
  }
  return 0;
}
