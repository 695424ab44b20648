// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/diagnostic.h"

#include <fmt/core.h>

#include <algorithm>

namespace kdump::conf {

std::string render(const Diagnostic& diagnostic, std::string_view file) {
  const std::string_view prefix = diagnostic.severity == Severity::warning ? "warning: " : "";
  return fmt::format("{}:{}: {}{}", file, diagnostic.line, prefix, diagnostic.text);
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::vector<std::string> render_all(const Diagnostics& diagnostics, std::string_view file) {
  Diagnostics sorted = diagnostics;
  std::ranges::stable_sort(sorted, {}, &Diagnostic::line);
  std::vector<std::string> lines;
  lines.reserve(sorted.size());
  for (const Diagnostic& diagnostic : sorted) lines.push_back(render(diagnostic, file));
  return lines;
}

}  // namespace kdump::conf
