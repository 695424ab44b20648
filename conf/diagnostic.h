// SPDX-License-Identifier: GPL-2.0-or-later
// What a configuration file's reader has to say about it. A run reports everything, not just the first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdump::conf {

enum class Severity { warning, error };

struct Diagnostic {
  Severity severity;
  unsigned line;     // from 1
  std::string text;  // what, and what would be right
};

using Diagnostics = std::vector<Diagnostic>;

// "file:line: text", with "warning: " before the text of a warning.
std::string render(const Diagnostic& diagnostic, std::string_view file);

bool has_errors(const Diagnostics& diagnostics);

// All lines, errors and warnings, in the order of the file.
std::vector<std::string> render_all(const Diagnostics& diagnostics, std::string_view file);

}  // namespace kdump::conf
