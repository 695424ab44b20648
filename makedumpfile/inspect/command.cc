// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/command.h"

#include <algorithm>
#include <thread>

#include "common/text.h"
#include "makedumpfile/inspect/info.h"
#include "makedumpfile/inspect/verify.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxThreads = 1024;

struct Settings {
  VerifyRequest verify;
  bool json = false;
  bool help = false;
};

Status use_json(Settings& settings, std::string_view /*argument*/) {
  settings.json = true;
  return {};
}

Status compare_with(Settings& settings, std::string_view argument) {
  if (argument.empty()) return fail(ErrorKind::usage, "an empty file name");
  settings.verify.against = argument;
  return {};
}

Status set_threads(Settings& settings, std::string_view argument) {
  const auto threads = parse_u64(argument);
  if (!threads || *threads > kMaxThreads)
    return fail(ErrorKind::usage, "'{}' is no number of threads (0 to {})", argument, kMaxThreads);
  settings.verify.threads = static_cast<unsigned>(std::max<uint64_t>(*threads, 1));
  return {};
}

Status set_work_dir(Settings& settings, std::string_view argument) {
  settings.verify.open.work_dir = argument;
  return {};
}

Status show_help(Settings& settings, std::string_view /*argument*/) {
  settings.help = true;
  return {};
}

constexpr auto kNone = Argument::none;
constexpr auto kRequired = Argument::required;

constexpr Option<Settings> kInfoTable[] = {
    {{0, "json", kNone, nullptr, "print JSON"}, use_json},
    {{0, "work-dir", kRequired, "DIR", "keep a FILE that comes through a pipe in DIR"}, set_work_dir},
    {{'h', "help", kNone, nullptr, "this text"}, show_help},
};

constexpr Option<Settings> kVerifyTable[] = {
    {{0, "against", kRequired, "VMCORE", "compare every page with that of VMCORE"}, compare_with},
    {{0, "num-threads", kRequired, "N", "threads that read and decompress (all CPUs)"}, set_threads},
    {{0, "work-dir", kRequired, "DIR", "keep a FILE that comes through a pipe in DIR"}, set_work_dir},
    {{'h', "help", kNone, nullptr, "this text"}, show_help},
};

InspectOutcome info(const Settings& settings) {
  InspectOutcome outcome;
  std::vector<DumpInfo> infos;
  for (const std::string& path : settings.verify.files) {
    auto collected = collect_info(path, settings.verify.open);
    if (collected) {
      if (!settings.json) outcome.text += info_text(*collected);
      infos.push_back(std::move(*collected));
    } else {
      outcome.errors += collected.error().message() + "\n";
      outcome.status = 1;
    }
  }
  if (settings.json) outcome.text = info_json(infos);
  return outcome;
}

InspectOutcome verify(const Settings& settings, DumpObserver& observer) {
  const std::vector<VerifyResult> results = verify_dumps(settings.verify, observer);
  InspectOutcome outcome;
  for (const VerifyResult& result : results)
    outcome.text += verify_text(result, !settings.verify.against.empty());
  outcome.status = static_cast<int>(verdict_of(results));
  return outcome;
}

struct Word {
  std::string_view word;
  std::span<const Option<Settings>> options;
  const char* usage;
};

constexpr Word kWords[] = {
    {"info", kInfoTable, "makedumpfile info [OPTION]... FILE..."},
    {"verify", kVerifyTable, "makedumpfile verify [OPTION]... FILE..."},
};

}  // namespace

bool is_inspect_word(std::string_view argument) {
  return std::ranges::find(kWords, argument, &Word::word) != std::end(kWords);
}

Result<InspectOutcome> run_inspect(std::span<char* const> arguments, DumpObserver& observer) {
  const Word& word = *std::ranges::find(kWords, std::string_view(arguments[0]), &Word::word);
  Settings settings;
  settings.verify.threads = std::max(std::thread::hardware_concurrency(), 1U);
  settings.verify.files = TRY(parse_options(word.options, arguments.subspan(1), settings));
  if (settings.help) return InspectOutcome{.text = inspect_help(), .errors = {}};
  if (settings.verify.files.empty()) return fail(ErrorKind::usage, "no FILE: {}", word.usage);
  return word.word == "info" ? info(settings) : verify(settings, observer);
}

std::string inspect_help() {
  std::string text;
  for (const Word& word : kWords)
    text += fmt::format("{}\n{}\n", word.usage, option_help(option_names(word.options)));
  return text;
}

std::vector<OptionName> inspect_option_names() {
  std::vector<OptionName> names;
  for (const Word& word : kWords)
    for (const OptionName& name : option_names(word.options)) names.push_back(name);
  return names;
}

}  // namespace kdump
