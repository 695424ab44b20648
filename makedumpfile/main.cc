// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile(8): the only place here that prints, and the exit status. Scripts and kdump services look at
// the last line and at the status, so both are as in the original.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "common/fd.h"
#include "makedumpfile/codec/codec.h"
#include "makedumpfile/console.h"
#include "makedumpfile/dump.h"
#include "makedumpfile/exit_status.h"
#include "makedumpfile/inspect/command.h"
#include "makedumpfile/mem_usage.h"
#include "makedumpfile/named_file.h"
#include "makedumpfile/options.h"
#include "makedumpfile/rearrange.h"
#include "makedumpfile/reassemble.h"
#include "makedumpfile/report_json.h"
#include "makedumpfile/save_dmesg.h"
#include "makedumpfile/show_facts.h"

namespace kdump {
namespace {

using namespace message_level;

// A report that cannot be written costs no dump.
void write_json(const Options& options, const DumpReport& report, const Status& dumped, Console& console) {
  if (options.json_fd < 0) return;
  const std::string text =
      report_json(options.dump, report, dumped ? std::string_view() : dumped.error().message());
  const Status written = write_all(options.json_fd, bytes_of(std::string_view(text)));
  if (!written)
    console.say(kError, fmt::format("cannot write the JSON report: {}\n", written.error().message()));
}

// As in the original, which has a comma before "and" for two files, too.
std::string saved_words(const DumpRequest& dump) {
  const std::vector<std::string>& parts = dump.split_outputs;
  if (parts.empty())
    return fmt::format("\nThe dumpfile is saved to {}.\n", dump.flattened ? "STDOUT" : dump.output);
  std::string text = "\nThe dumpfiles are saved to ";
  for (size_t i = 0; i + 1 < parts.size(); ++i) text += parts[i] + ", ";
  return text + fmt::format("and {}.\n", parts.back());
}

Status make_dump(const Options& options, Console& console, Ending& ending) {
  DumpReport report;
  Status dumped = write_dump(options.dump, report, console);
  ending.incomplete = report.pages_written != 0 && !report.remains.empty();
  write_json(options, report, dumped, console);
  TRY(std::move(dumped));
  ending.lost_pages = report.pages[PageClass::unreadable] != 0;
  console.say(kReport, describe_pages(report));
  console.say(kReport, describe_times(report));
  console.say(kCommon, saved_words(options.dump));
  return {};
}

Status rearrange(const Options& options, Console& console, Ending& /*ending*/) {
  const RearrangeReport report =
      TRY(rearrange_dump(STDIN_FILENO, options.dump.output, options.dump.overwrite));
  if (report.marked_incomplete) console.note("The dump was marked incomplete when it was written.");
  console.say(kCommon, fmt::format("\nThe dumpfile is saved to {}.\n", options.dump.output));
  return {};
}

Status reassemble(const Options& options, Console& console, Ending& ending) {
  const auto parts = std::span(options.files).first(options.files.size() - 1);
  ending.lost_pages =
      TRY(reassemble_dump(parts, options.dump.output, options.dump.overwrite, console)).incomplete;
  console.say(kCommon, fmt::format("\nThe dumpfile is saved to {}.\n", options.dump.output));
  return {};
}

Status dump_dmesg(const Options& options, Console& console, Ending& /*ending*/) {
  const DumpRequest& request = options.dump;
  TRY(write_dmesg(request.vmcore, request.output, request.output_fd, request.overwrite, request.named,
                  options.log_part));
  console.say(kCommon, fmt::format("\nThe dmesg log is saved to {}.\n",
                                   request.flattened ? "STDOUT" : request.output));
  return {};
}

Status print_mem_usage(const Options& options, Console& console, Ending& /*ending*/) {
  console.say(kCommon, describe_mem_usage(TRY(measure_mem_usage(options.dump, console))));
  console.say(kCommon, "\n");  // the original's last line has no words
  return {};
}

Status print_facts(const Options& options, Console& console, Ending& /*ending*/) {
  console.say(kCommon, TRY(show_facts(options.dump.vmcore, options.dump.named)));
  return {};
}

Status write_facts(const Options& options, Console& console, Ending& /*ending*/) {
  TRY(save_facts(options.vmlinux, options.dump.output, options.dump.overwrite));
  console.say(kCommon, fmt::format("\nThe vmcoreinfo is saved to {}.\n", options.dump.output));
  return {};
}

Status show_help(const Options& /*options*/, Console& console, Ending& /*ending*/) {
  console.say(kCommon, makedumpfile_help());
  return {};
}

Status show_version(const Options& /*options*/, Console& console, Ending& /*ending*/) {
  std::string text = "makedumpfile: version " KDUMP_VERSION " (kdump toolchain)\n";
  for (const CodecRow& row : codec_rows()) {
    if (row.option != 0) text += fmt::format("{}\tenabled\n", row.name);
  }
  console.say(kCommon, text + "\n");
  return {};
}

Status nothing(const Options& /*options*/, Console& /*console*/, Ending& /*ending*/) { return {}; }

struct ModeRow {
  Status (*run)(const Options&, Console&, Ending&);
  Mode mode;
  bool last_words;  // "makedumpfile Completed."
};

constexpr ModeRow kModes[] = {
    {make_dump, Mode::dump, true},
    {rearrange, Mode::rearrange, true},
    {reassemble, Mode::reassemble, true},
    {dump_dmesg, Mode::dump_dmesg, true},
    {print_facts, Mode::show_facts, false},
    {show_help, Mode::help, false},
    {show_version, Mode::version, false},
    {nothing, Mode::check_params, false},
    {print_mem_usage, Mode::mem_usage, false},
    {write_facts, Mode::save_facts, true},
};

constexpr std::string_view kFailedWords = "\nmakedumpfile Failed.\n";

void say_failed(Console& console, std::string_view message) {
  console.say(kError, fmt::format("{}\n", message));
  console.say(kCommon, kFailedWords);
}

int invalid_command_line(const Error& error, std::span<char* const> arguments) {
  Console console(kDefault, asks_for_stream(arguments) ? stderr : stdout);
  console.say(kError, fmt::format("{}\n", error.message()));
  if (error.kind() != ErrorKind::unsupported) {
    console.say(kCommon,
                "Commandline parameter is invalid.\nTry `makedumpfile --help' for more information.\n");
  }
  if (!asks_for(arguments, "--check-params")) console.say(kCommon, kFailedWords);
  return exit_status({.kind = error.kind()}, asks_for(arguments, "--strict-exit"));
}

Status run_mode(const ModeRow& mode, Options& options, Console& console, Ending& ending) {
  const bool reads_dump = mode.mode != Mode::save_facts && mode.mode != Mode::check_params;
  if (reads_dump) TRY(read_named_files(options, options.dump));
  return mode.run(options, console, ending);
}

// Of the files that are read.
bool any_cannot_be_opened(const Options& options) {
  std::vector<std::string> files = {options.vmlinux, options.vmcoreinfo, options.erase_rules};
  if (options.mode == Mode::reassemble) {
    files.insert(files.end(), options.files.begin(), options.files.end() - 1);
  } else if (options.mode != Mode::rearrange && options.mode != Mode::save_facts) {
    files.push_back(options.dump.vmcore);
  }
  return std::ranges::any_of(files, [](const std::string& file) {
    return !file.empty() && file != "-" && access(file.c_str(), R_OK) != 0;
  });
}

constexpr int kWrongWords = 1;

// info and verify have exit statuses of their own, and no last words.
int inspect(std::span<char* const> arguments) {
  Console console(kDefault, stdout);
  const auto outcome = run_inspect(arguments, console);
  if (!outcome) {
    console.say(kError, fmt::format("{}\n{}", outcome.error().message(), inspect_help()));
    return kWrongWords;
  }
  console.say(kCommon, outcome->text);
  console.say(kError, outcome->errors);
  return outcome->status;
}

int run(std::span<char* const> arguments) {
  if (!arguments.empty() && is_inspect_word(arguments[0])) return inspect(arguments);
  Result<Options> options = parse_makedumpfile_options(arguments);
  if (!options) return invalid_command_line(options.error(), arguments);
  Console console(options->message_level, options->dump.flattened ? stderr : stdout);
  console.say(kDebug,
              fmt::format("makedumpfile: version " KDUMP_VERSION "\ncommand line: makedumpfile {}\n\n",
                          fmt::join(std::vector<std::string_view>(arguments.begin(), arguments.end()), " ")));
  const ModeRow& mode = *std::ranges::find(kModes, options->mode, &ModeRow::mode);
  Ending ending;
  if (const Status done = run_mode(mode, *options, console, ending); !done) {
    if (ending.incomplete) console.say(kCommon, "This is an incomplete dumpfile, but might analyzable.\n");
    say_failed(console, done.error().message());
    ending.kind = done.error().kind();
    ending.output_exists = done.error().errno_value() == EEXIST;
    ending.named_release = !options->vmcoreinfo.empty();
    ending.no_input = any_cannot_be_opened(*options);
    return exit_status(ending, options->strict_exit);
  }
  if (mode.last_words) console.say(kCommon, "\nmakedumpfile Completed.\n");
  return ending.lost_pages && options->strict_exit ? exit_status(ending, true) : 0;
}

}  // namespace
}  // namespace kdump

int main(int argc, char** argv) {
  // A reader that went away is an error to report like any other.
  std::signal(SIGPIPE, SIG_IGN);
  return kdump::run(std::span(argv, static_cast<size_t>(argc)).subspan(1));
}
