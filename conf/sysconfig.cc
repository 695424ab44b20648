// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/sysconfig.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "conf/shell_words.h"

namespace kdump::conf {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

struct Variable {
  std::string_view name;
  std::string Sysconfig::* member;
};

constexpr Variable kVariables[] = {
    {"KDUMP_KERNELVER", &Sysconfig::KDUMP_KERNELVER},
    {"KDUMP_COMMANDLINE", &Sysconfig::KDUMP_COMMANDLINE},
    {"KDUMP_COMMANDLINE_REMOVE", &Sysconfig::KDUMP_COMMANDLINE_REMOVE},
    {"KDUMP_COMMANDLINE_APPEND", &Sysconfig::KDUMP_COMMANDLINE_APPEND},
    {"KEXEC_ARGS", &Sysconfig::KEXEC_ARGS},
};

// Variables of the incumbents that change nothing here, and the value with which that is what was asked for.
struct Ignored {
  std::string_view name;
  std::string_view harmless;
};

constexpr Ignored kIgnored[] = {
    {"KDUMP_BOOTDIR", "/boot"}, {"KDUMP_IMG", "vmlinuz"},
    {"KDUMP_IMG_EXT", ""},      {"FADUMP_COMMANDLINE_APPEND", ""},
    {"KDUMP_STDLOGLVL", "3"},   {"KDUMP_SYSLOGLVL", "0"},
    {"KDUMP_KMSGLOGLVL", "0"},  {"VMCORE_CREATION_NOTIFICATION", "no"},
};

// Values are lists of words; a line break within quotes is one more blank.
std::string one_line(std::string value) {
  std::ranges::replace_if(value, [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return std::string(trim(value));
}

// Longer than any variable; what is longer is no slip of one.
constexpr size_t kLongestSlip = 40;

std::string unknown_variable(std::string_view name) {
  if (name.size() > kLongestSlip)
    return fmt::format("{}... means nothing to kdump", name.substr(0, kLongestSlip));
  std::vector<std::string_view> names;
  for (const Variable& variable : kVariables) names.push_back(variable.name);
  const std::string_view near = nearest_word(name, names);
  if (near.empty()) return fmt::format("{} means nothing to kdump", name);
  return fmt::format("{} means nothing to kdump; did you mean {}?", name, near);
}

void apply(const Assignment& assignment, ParsedSysconfig& parsed) {
  const auto* const variable = std::ranges::find(kVariables, assignment.name, &Variable::name);
  const std::string value = one_line(assignment.value);
  if (variable != std::end(kVariables)) {
    parsed.settings.*(variable->member) = value;
    return;
  }
  const auto* const ignored = std::ranges::find(kIgnored, assignment.name, &Ignored::name);
  if (ignored == std::end(kIgnored))
    parsed.diagnostics.push_back({Severity::warning, assignment.line, unknown_variable(assignment.name)});
  else if (value != ignored->harmless)
    parsed.diagnostics.push_back({Severity::warning, assignment.line,
                                  fmt::format("{} is not built yet and changes nothing", assignment.name)});
}

}  // namespace

ParsedSysconfig parse_sysconfig(std::string_view text) {
  ParsedSysconfig parsed;
  AssignmentScanner scanner(text);
  while (const auto assignment = scanner.next(parsed.diagnostics)) apply(*assignment, parsed);
  return parsed;
}

Result<ParsedSysconfig> read_sysconfig(const std::string& path) {
  if (!file_exists(path)) return ParsedSysconfig{};
  const std::string text = TRY(read_text_file(path, kLargestFile));
  return parse_sysconfig(text);
}

}  // namespace kdump::conf
