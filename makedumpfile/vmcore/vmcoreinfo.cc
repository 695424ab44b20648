// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/vmcoreinfo.h"

#include <fmt/core.h>

#include "common/text.h"

namespace kdump {

Vmcoreinfo::Vmcoreinfo(std::string_view text) {
  for (const std::string_view line : split_lines(text)) {
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    lines_[std::string(line.substr(0, equals))] = std::string(trim(line.substr(equals + 1)));
  }
}

std::optional<std::string_view> Vmcoreinfo::text(std::string_view key) const {
  const auto found = lines_.find(key);
  if (found == lines_.end()) return std::nullopt;
  return found->second;
}

std::optional<uint64_t> Vmcoreinfo::symbol(std::string_view name) const {
  const auto value = text(fmt::format("SYMBOL({})", name));
  return value ? parse_u64(*value, 16) : std::nullopt;
}

std::optional<int64_t> Vmcoreinfo::number(std::string_view name) const {
  const auto value = text(fmt::format("NUMBER({})", name));
  return value ? parse_vmcoreinfo_number(*value) : std::nullopt;
}

std::optional<int64_t> parse_vmcoreinfo_number(std::string_view text) {
  if (const auto plain = parse_i64(text)) return plain;
  const auto positive = parse_u64(text, 0);
  return positive ? std::optional(static_cast<int64_t>(*positive)) : std::nullopt;
}

}  // namespace kdump
