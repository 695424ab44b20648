// SPDX-License-Identifier: GPL-2.0-or-later
// One table describes a program's options; parsing, the help text and the check of the man page all come from
// it.
//
// getopt_long does the parsing, so that GNU prefixes, bundled short options, permutation and repeated options
// work as users know them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace kdump {

enum class Argument { none, required };

// What every row has, whatever program it belongs to.
struct OptionName {
  char short_name;        // 0 when there is only a long one
  const char* long_name;  // nullptr when there is only a short one
  Argument argument;
  const char* argument_name;  // as the help shows it, e.g. "LEVEL"
  const char* help;
};

// A row: the name, and what it does to the program's settings T.
template <typename T>
struct Option {
  OptionName name;
  Status (*apply)(T& settings, std::string_view argument);
};

struct ParsedOption {
  size_t row;  // index into the table
  std::string_view argument;
};

struct ParsedArguments {
  std::vector<ParsedOption> options;  // in the order given
  std::vector<std::string> positional;
};

// Errors are ErrorKind::usage and name the option. `arguments` excludes the program's name and must outlive
// the result.
Result<ParsedArguments> parse_arguments(std::span<const OptionName> names, std::span<char* const> arguments);

// One line an option, aligned, ready to print.
std::string option_help(std::span<const OptionName> names);

// How an option is shown in messages: "--dump-dmesg" or "-d".
std::string option_spelling(const OptionName& name);

template <typename T>
std::vector<OptionName> option_names(std::span<const Option<T>> table) {
  std::vector<OptionName> names;
  for (const Option<T>& option : table) names.push_back(option.name);
  return names;
}

// Parses and applies every option in the order given; the positional arguments.
template <typename T>
Result<std::vector<std::string>> parse_options(std::span<const Option<T>> table,
                                               std::span<char* const> arguments, T& settings) {
  ParsedArguments parsed = TRY(parse_arguments(option_names(table), arguments));
  for (const ParsedOption& given : parsed.options) {
    const Option<T>& option = table[given.row];
    TRY(with_context(option.apply(settings, given.argument), "{}", option_spelling(option.name)));
  }
  return std::move(parsed.positional);
}

}  // namespace kdump
