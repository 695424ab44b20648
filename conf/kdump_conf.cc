// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/kdump_conf.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include "common/file.h"
#include "common/text.h"
#include "conf/directives.h"
#include "conf/lexer.h"

namespace kdump::conf {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

// Where each slot was filled.
struct Seen {
  unsigned line = 0;
  std::string_view word;
};
using Slots = std::map<std::string_view, Seen>;

template <typename Row>
const Row* row_named(std::span<const Row> table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Row::name);
  return found == table.end() ? nullptr : &*found;
}

std::string lower_case(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// Longer than any directive; what is longer is no slip of one.
constexpr size_t kLongestSlip = 40;

std::string unknown_directive(std::string_view word) {
  if (word.size() > kLongestSlip)
    return fmt::format("unknown directive \"{}...\"; kdump.conf(5) lists them", word.substr(0, kLongestSlip));
  std::vector<std::string_view> names;
  for (const Directive& directive : directives()) names.push_back(directive.name);
  for (const UnsupportedDirective& directive : unsupported_directives()) names.push_back(directive.name);
  const std::string_view near = nearest_word(lower_case(word), names);
  if (near.empty()) return fmt::format("unknown directive \"{}\"; kdump.conf(5) lists them", word);
  return fmt::format("unknown directive \"{}\"; did you mean \"{}\"?", word, near);
}

std::string duplicate(const Directive& directive, const Seen& first) {
  if (first.word == directive.name)
    return fmt::format("\"{}\" is given twice; line {} has it already", directive.name, first.line);
  return fmt::format("\"{}\" and \"{}\" (line {}) both set the {}; keep one", directive.name, first.word,
                     first.line, directive.slot);
}

// scp has nothing to say to a filesystem, and cp nothing to a server without one.
bool collector_serves(const std::string& collector, const Target& target) {
  const bool ssh = std::holds_alternative<SshTarget>(target);
  if (collector == "scp") return ssh;
  if (collector == "cp") return !ssh && !std::holds_alternative<RawTarget>(target);
  return true;
}

// One for each target that the collector cannot dump to.
std::vector<std::string> collector_faults(const Config& config, bool target_given) {
  const std::string& collector = config.core_collector.front();
  std::vector<std::string> faults;
  const auto check = [&](const Target& target, std::string_view before) {
    if (collector_serves(collector, target)) return;
    faults.push_back(fmt::format("core_collector: {} works only {}, \"{}{}\" is none; use makedumpfile",
                                 collector, collector == "scp" ? "with ssh" : "with filesystems and nfs",
                                 before, target_text(target)));
  };
  if (config.target) check(*config.target, "");
  if (!target_given && collector == "scp")
    faults.push_back(fmt::format(
        "core_collector: scp works only with ssh, \"path {}\" is none; use makedumpfile", config.path));
  for (const FallbackTarget& fallback : config.fallbacks) check(fallback.target, "fallback ");
  return faults;
}

class Reader {
 public:
  ParsedConfig read(std::string_view text) {
    for (const Line& line : lex(text, parsed_.diagnostics)) {
      std::string fault = read_line(line);
      if (!fault.empty()) error(line.number, std::move(fault));
    }
    check_conflicts();
    return std::move(parsed_);
  }

 private:
  // What is wrong with the line, empty when nothing is.
  std::string read_line(const Line& line) {
    if (const auto* directive = row_named(directives(), line.word)) return apply(*directive, line);
    if (const auto* directive = row_named(unsupported_directives(), line.word))
      return fmt::format("\"{}\" {}", directive->name, directive->why);
    return unknown_directive(line.word);
  }

  std::string apply(const Directive& directive, const Line& line) {
    if (!directive.slot.empty()) {
      const auto [slot, fresh] = seen_.try_emplace(directive.slot, Seen{line.number, directive.name});
      if (!fresh) return duplicate(directive, slot->second);
    }
    if (!directive.deprecated.empty())
      warn(line.number, fmt::format("\"{}\" is deprecated; write \"{}\"", line.word, directive.deprecated));
    if (line.value.empty()) return fmt::format("\"{}\" needs a value; see kdump.conf(5)", line.word);
    const Status applied = directive.apply(parsed_.config, directive.name, line.value);
    return applied ? "" : fmt::format("{}: {}", line.word, applied.error().message());
  }

  void check_conflicts() {
    const Config& config = parsed_.config;
    if (const auto given = seen_.find("core_collector"); given != seen_.end())
      for (std::string& fault : collector_faults(config, seen_.contains("dump target")))
        error(given->second.line, std::move(fault));
    if (config.force_rebuild && config.force_no_rebuild)
      error(std::max(seen_["force_rebuild"].line, seen_["force_no_rebuild"].line),
            "\"force_rebuild 1\" and \"force_no_rebuild 1\" contradict each other; keep one");
  }

  void error(unsigned line, std::string text) {
    parsed_.diagnostics.push_back({Severity::error, line, std::move(text)});
  }
  void warn(unsigned line, std::string text) {
    parsed_.diagnostics.push_back({Severity::warning, line, std::move(text)});
  }

  ParsedConfig parsed_;
  Slots seen_;
};

}  // namespace

ParsedConfig parse_config(std::string_view text) { return Reader().read(text); }

Result<ParsedConfig> read_config(const std::string& path) {
  const std::string text = TRY(read_text_file(path, kLargestFile));
  return parse_config(text);
}

}  // namespace kdump::conf
