// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/options.h"

#include <getopt.h>

#include <algorithm>

namespace kdump {
namespace {

// Long options report the row through values no short option can have.
constexpr int kFirstLongValue = 256;

std::string short_option_string(std::span<const OptionName> names) {
  std::string text = ":";  // a missing argument is reported as ':', and nothing is printed
  for (const OptionName& name : names) {
    if (name.short_name == 0) continue;
    text += name.short_name;
    if (name.argument == Argument::required) text += ':';
  }
  return text;
}

std::vector<option> long_options(std::span<const OptionName> names) {
  std::vector<option> rows;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].long_name == nullptr) continue;
    const int has_arg = names[i].argument == Argument::required ? required_argument : no_argument;
    rows.push_back({names[i].long_name, has_arg, nullptr, kFirstLongValue + static_cast<int>(i)});
  }
  rows.push_back({});
  return rows;
}

size_t row_of(std::span<const OptionName> names, int value) {
  if (value >= kFirstLongValue) return static_cast<size_t>(value - kFirstLongValue);
  const auto row = std::ranges::find(names, static_cast<char>(value), &OptionName::short_name);
  return static_cast<size_t>(row - names.begin());
}

// `word` is the argument getopt stopped at, optopt the option it disliked (0 for an unknown long one).
Failure usage_error(std::span<const OptionName> names, int code, const char* word) {
  if (code == ':') {
    return fail(ErrorKind::usage, "option {} needs an argument",
                option_spelling(names[row_of(names, optopt)]));
  }
  const std::string given = word != nullptr && std::string_view(word).starts_with("--")
                                ? std::string(word)
                                : fmt::format("-{}", static_cast<char>(optopt));
  if (optopt >= kFirstLongValue) return fail(ErrorKind::usage, "option {} takes no argument", given);
  return fail(ErrorKind::usage, "unknown or ambiguous option {}", given);
}

std::string left_column(const OptionName& name) {
  std::string text = name.short_name != 0 ? fmt::format("  -{}", name.short_name) : "    ";
  if (name.long_name != nullptr)
    text += fmt::format("{} --{}", name.short_name != 0 ? "," : " ", name.long_name);
  if (name.argument == Argument::required) {
    text += fmt::format("{}{}", name.long_name != nullptr ? "=" : " ", name.argument_name);
  }
  return text;
}

}  // namespace

Result<ParsedArguments> parse_arguments(std::span<const OptionName> names, std::span<char* const> arguments) {
  // getopt permutes the vector it is given and expects the program's name first and a null pointer last.
  std::vector<char*> argv{nullptr};
  std::string program = "program";
  argv[0] = program.data();
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.push_back(nullptr);
  const auto argc = static_cast<int>(argv.size()) - 1;

  const std::string shorts = short_option_string(names);
  const std::vector<option> longs = long_options(names);
  ParsedArguments parsed;
  optind = 0;  // glibc: start afresh
  opterr = 0;
  while (true) {
    const int value = getopt_long(argc, argv.data(), shorts.c_str(), longs.data(), nullptr);
    if (value == -1) break;
    if (value == '?' || value == ':') return usage_error(names, value, argv[static_cast<size_t>(optind) - 1]);
    parsed.options.push_back(
        {row_of(names, value), optarg != nullptr ? std::string_view(optarg) : std::string_view()});
  }
  parsed.positional.assign(argv.begin() + optind, argv.end() - 1);
  return parsed;
}

std::string option_help(std::span<const OptionName> names) {
  size_t width = 0;
  for (const OptionName& name : names) width = std::max(width, left_column(name).size());
  std::string text;
  for (const OptionName& name : names)
    text += fmt::format("{:<{}}  {}\n", left_column(name), width, name.help);
  return text;
}

std::string option_spelling(const OptionName& name) {
  return name.long_name != nullptr ? fmt::format("--{}", name.long_name)
                                   : fmt::format("-{}", name.short_name);
}

}  // namespace kdump
