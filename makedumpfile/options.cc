// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/options.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <optional>

#include "common/text.h"
#include "makedumpfile/filter/page_filter.h"
#include "makedumpfile/refused_options.h"

namespace kdump {
namespace {

constexpr unsigned kMaxThreads = 1024;

// What the options say before they are put together.
struct Parsing : Options {
  std::optional<Mode> words_only;  // -h or -v: nothing else counts
  bool check_only = false;
  std::string saved_facts;  // -g
  unsigned added_levels = 0;
  bool split = false;
};

template <CodecId Id>
Status use_codec(Parsing& options, std::string_view /*argument*/) {
  options.dump.codec = Id;
  return {};
}

template <Mode M>
Status set_mode(Parsing& options, std::string_view /*argument*/) {
  options.mode = M;
  return {};
}

template <Mode M>
Status show(Parsing& options, std::string_view /*argument*/) {
  options.words_only = M;
  return {};
}

Status only_check(Parsing& options, std::string_view /*argument*/) {
  options.check_only = true;
  return {};
}

template <auto Member>
Status set_flag(Parsing& options, std::string_view /*argument*/) {
  options.dump.*Member = true;
  return {};
}

Result<uint64_t> number_up_to(std::string_view argument, uint64_t max, std::string_view what) {
  const auto number = parse_u64(argument);
  if (!number || *number > max) {
    return fail(ErrorKind::usage, "'{}' is no {} (a number from 0 to {})", argument, what, max);
  }
  return *number;
}

Status set_dump_level(Parsing& options, std::string_view argument) {
  std::vector<int> levels;
  for (size_t end = 0; end != std::string_view::npos;) {
    end = argument.find(',');
    const uint64_t level = TRY(number_up_to(argument.substr(0, end), dump_level::kMax, "dump level"));
    levels.push_back(static_cast<int>(level));
    if (end != std::string_view::npos) argument.remove_prefix(end + 1);
  }
  options.dump.dump_level = levels.front();
  options.dump.next_levels.assign(levels.begin() + 1, levels.end());
  return {};
}

Status set_size_limit(Parsing& options, std::string_view argument) {
  constexpr std::string_view kUnits = "kmgtpe";
  std::string_view digits = argument;
  unsigned shift = 0;
  const size_t unit = digits.empty() ? 0 : kUnits.find(static_cast<char>(digits.back() | 0x20));
  if (!digits.empty() && unit != std::string_view::npos) {
    shift = 10 * (static_cast<unsigned>(unit) + 1);
    digits.remove_suffix(1);
  }
  const auto number = parse_u64(digits);
  if (!number || *number == 0 || *number > UINT64_MAX >> shift)
    return fail(ErrorKind::usage, "Limit size({}) is invalid.", argument);
  options.dump.size_limit = *number << shift;
  return {};
}

Status set_message_level(Parsing& options, std::string_view argument) {
  options.message_level =
      static_cast<unsigned>(TRY(number_up_to(argument, message_level::kMax, "message level")));
  return {};
}

template <unsigned Bit>
Status add_message_level(Parsing& options, std::string_view /*argument*/) {
  options.added_levels |= Bit;
  return {};
}

Status set_threads(Parsing& options, std::string_view argument) {
  const uint64_t threads = TRY(number_up_to(argument, kMaxThreads, "number of threads"));
  options.dump.num_threads = static_cast<unsigned>(std::max<uint64_t>(threads, 1));
  return {};
}

Status split(Parsing& options, std::string_view /*argument*/) {
  options.split = true;
  return {};
}

Status set_splitblock_size(Parsing& options, std::string_view argument) {
  const uint64_t kb = TRY(number_up_to(argument, UINT32_MAX, "splitblock size"));
  if (kb == 0) return fail(ErrorKind::usage, "a splitblock size of 0 KB");
  options.dump.splitblock_bytes = kb << 10;
  return {};
}

Status set_json(Parsing& options, std::string_view argument) {
  const auto fd = static_cast<int>(TRY(number_up_to(argument, INT_MAX, "file descriptor")));
  if (fcntl(fd, F_GETFD) == -1) return fail(ErrorKind::usage, "file descriptor {} is not open", fd);
  options.json_fd = fd;
  return {};
}

template <auto Member>
Status name_file(Parsing& options, std::string_view argument) {
  if (argument.empty()) return fail(ErrorKind::usage, "an empty file name");
  options.*Member = argument;
  return {};
}

Status save_facts(Parsing& options, std::string_view argument) {
  return name_file<&Parsing::saved_facts>(options, argument);
}

Status use_read(Parsing& options, std::string_view /*argument*/) {
  options.dump.use_mmap = false;
  return {};
}

Status set_vtop(Parsing& options, std::string_view argument) {
  const auto addr = parse_u64(argument, 0);
  if (!addr) {
    return fail(ErrorKind::usage, "'{}' is no address (a number such as 0xffffffff81000000)", argument);
  }
  options.dump.vtop = VirtAddr(*addr);
  return {};
}

Status use_strict_exit(Parsing& options, std::string_view /*argument*/) {
  options.strict_exit = true;
  return {};
}

Status use_partial_log(Parsing& options, std::string_view /*argument*/) {
  options.log_part = LogPart::since_clear;
  return {};
}

// Memory use is bounded whatever these say; the number is checked all the same.
Status ignore_number(Parsing& /*options*/, std::string_view argument) {
  TRY(number_up_to(argument, UINT32_MAX, "size"));
  return {};
}

Status set_work_dir(Parsing& options, std::string_view argument) {
  options.dump.work_dir = argument;
  return {};
}

constexpr auto kNone = Argument::none;
constexpr auto kRequired = Argument::required;

// New option = a row here and an entry in makedumpfile.8 (a test fails without it).
constexpr Option<Parsing> kTable[] = {
    {{'c', nullptr, kNone, nullptr, "compress each page with zlib"}, use_codec<CodecId::zlib>},
    {{'l', nullptr, kNone, nullptr, "compress each page with LZO"}, use_codec<CodecId::lzo>},
    {{'p', nullptr, kNone, nullptr, "compress each page with snappy"}, use_codec<CodecId::snappy>},
    {{'z', nullptr, kNone, nullptr, "compress each page with zstd"}, use_codec<CodecId::zstd>},
    {{'d', nullptr, kRequired, "LEVEL",
      "leave out pages: sum of 1 zero, 2 cache, 4 private cache, 8 user, 16 free"},
     set_dump_level},
    {{'L', nullptr, kRequired, "SIZE",
      "take a DUMPFILE of SIZE bytes for full; SIZE may end in K, M, G, T, P or E"},
     set_size_limit},
    {{'f', nullptr, kNone, nullptr, "overwrite an existing output"}, set_flag<&DumpRequest::overwrite>},
    {{'E', nullptr, kNone, nullptr, "write an ELF core, uncompressed"}, set_flag<&DumpRequest::elf>},
    {{'F', nullptr, kNone, nullptr, "write a flattened stream to standard output"},
     set_flag<&DumpRequest::flattened>},
    {{'R', nullptr, kNone, nullptr, "rearrange a flattened stream from standard input into DUMPFILE"},
     set_mode<Mode::rearrange>},
    {{0, "reassemble", kNone, nullptr, "make one DUMPFILE of the files that --split has written"},
     set_mode<Mode::reassemble>},
    {{0, "dump-dmesg", kNone, nullptr, "write the kernel log of VMCORE to LOGFILE"},
     set_mode<Mode::dump_dmesg>},
    {{0, "partial-dmesg", kNone, nullptr,
      "with --dump-dmesg: only what was logged since the log was cleared"},
     use_partial_log},
    {{0, "vtop", kRequired, "ADDRESS", "print how the kernel's page tables translate ADDRESS, then dump"},
     set_vtop},
    {{0, "mem-usage", kNone, nullptr, "print how many pages of VMCORE (/proc/kcore) a dump may leave out"},
     set_mode<Mode::mem_usage>},
    {{0, "show-facts", kNone, nullptr, "print what is known of the kernel of VMCORE, and from where"},
     set_mode<Mode::show_facts>},
    {{'x', nullptr, kRequired, "VMLINUX",
      "take facts from the crashed kernel's vmlinux with debug information"},
     name_file<&Parsing::vmlinux>},
    {{'i', nullptr, kRequired, "FILE", "take facts from a FILE that -g has written"},
     name_file<&Parsing::vmcoreinfo>},
    {{'g', nullptr, kRequired, "FILE", "write the facts of the -x VMLINUX to FILE"}, save_facts},
    {{0, "config", kRequired, "FILE", "erase what the rules in FILE say (makedumpfile.conf(5)), with -x"},
     name_file<&Parsing::erase_rules>},
    {{0, "split", kNone, nullptr, "write a part of the dump to each of several DUMPFILEs"}, split},
    {{0, "splitblock-size", kRequired, "KB", "unit of memory by which --split divides the dump"},
     set_splitblock_size},
    {{0, "num-threads", kRequired, "N", "threads that read and compress"}, set_threads},
    {{0, "message-level", kRequired, "N", "sum of 1 progress, 2 common, 4 error, 8 debug, 16 report"},
     set_message_level},
    {{'D', nullptr, kNone, nullptr, "print debugging messages too"},
     add_message_level<message_level::kDebug>},
    {{0, "show-stats", kNone, nullptr, "print the report of pages too"},
     add_message_level<message_level::kReport>},
    {{0, "json", kRequired, "FD", "write the report as JSON to an open file descriptor"}, set_json},
    {{0, "dry-run", kNone, nullptr, "do everything but writing"}, set_flag<&DumpRequest::dry_run>},
    {{0, "check-params", kNone, nullptr, "only check the command line"}, only_check},
    {{0, "non-mmap", kNone, nullptr, "read VMCORE with read(2), never with mmap(2)"}, use_read},
    {{'b', nullptr, kRequired, "ORDER", "accepted and without effect"}, ignore_number},
    {{0, "cyclic-buffer", kRequired, "KB", "accepted and without effect: memory use is always bounded"},
     ignore_number},
    {{0, "work-dir", kRequired, "DIR", "keep a VMCORE that comes through a pipe in DIR while it is read"},
     set_work_dir},
    {{0, "strict-exit", kNone, nullptr, "let the exit status tell what went wrong"}, use_strict_exit},
    {{'h', "help", kNone, nullptr, "this text"}, show<Mode::help>},
    {{'v', nullptr, kNone, nullptr, "the version"}, show<Mode::version>},
};

// Applies every option in the order given; the positional arguments.
Result<std::vector<std::string>> apply_options(std::span<char* const> arguments, Parsing& parsing) {
  const std::span<const Option<Parsing>> table = kTable;
  const std::span<const RefusedOption> refused = refused_options();
  std::vector<OptionName> names = option_names(table);
  for (const RefusedOption& option : refused) names.push_back(option.name);
  ParsedArguments parsed = TRY(parse_arguments(names, arguments));
  for (const ParsedOption& given : parsed.options) {
    const std::string spelling = option_spelling(names[given.row]);
    if (given.row >= table.size())
      return fail(ErrorKind::unsupported, "{}: {}", spelling, refused[given.row - table.size()].reason);
    TRY(with_context(table[given.row].apply(parsing, given.argument), "{}", spelling));
  }
  return std::move(parsed.positional);
}

// The positional arguments a mode takes, as usage shows them.
struct Usage {
  Mode mode;
  bool flattened;
  bool split;
  bool more;  // files than `count`
  size_t count;
  const char* text;
};

constexpr Usage kUsages[] = {
    {Mode::dump, false, false, false, 2, "makedumpfile [OPTION]... VMCORE DUMPFILE"},
    {Mode::dump, true, false, false, 1, "makedumpfile -F [OPTION]... VMCORE"},
    {Mode::dump, false, true, true, 3,
     "makedumpfile --split [OPTION]... VMCORE DUMPFILE1 DUMPFILE2 [DUMPFILE]..."},
    {Mode::rearrange, false, false, false, 1, "makedumpfile -R [-f] DUMPFILE"},
    {Mode::reassemble, false, false, true, 3,
     "makedumpfile --reassemble [-f] DUMPFILE1 DUMPFILE2 [DUMPFILE]... DUMPFILE"},
    {Mode::dump_dmesg, false, false, false, 2,
     "makedumpfile --dump-dmesg [--partial-dmesg] [-f] VMCORE LOGFILE"},
    {Mode::dump_dmesg, true, false, false, 1, "makedumpfile --dump-dmesg [--partial-dmesg] -F VMCORE"},
    {Mode::mem_usage, false, false, false, 1, "makedumpfile --mem-usage /proc/kcore"},
    {Mode::show_facts, false, false, false, 1, "makedumpfile --show-facts VMCORE"},
    {Mode::save_facts, false, false, false, 0, "makedumpfile -g FILE [-f] -x VMLINUX"},
};

// Who only checks options, as a service does with its configuration, may not know the files yet.
Status check_files(const Parsing& parsing) {
  const auto* usage = std::ranges::find_if(kUsages, [&](const Usage& u) {
    return u.mode == parsing.mode && u.flattened == parsing.dump.flattened && u.split == parsing.split;
  });
  if (usage == std::end(kUsages))
    return fail(ErrorKind::usage,
                "-R and -F exclude each other, and so do --show-facts and -F; --split goes with "
                "making a dump only, without -F");
  const size_t count = parsing.files.size();
  const bool enough = usage->more ? count >= usage->count : count == usage->count;
  if (enough || (parsing.check_only && count == 0)) return {};
  return fail(ErrorKind::usage, "{} file names where {} belong: {}", count, usage->count, usage->text);
}

// -g makes no dump, so nothing that is about one goes with it.
Status check_saving_facts(const Parsing& parsing) {
  const DumpRequest& dump = parsing.dump;
  if (parsing.vmlinux.empty()) return fail(ErrorKind::usage, "-g needs -x VMLINUX");
  const bool about_dump =
      dump.codec != CodecId::none || dump.dump_level != 0 || dump.flattened || dump.dry_run;
  if (parsing.mode == Mode::dump && !about_dump) return {};
  return fail(
      ErrorKind::usage,
      "-g takes only -x, -f and what to print: no -c, -l, -p, -z, -d, -F, -R, --dry-run, --dump-dmesg or "
      "--show-facts");
}

// Nor does -R, which only puts a dump together again.
Status check_rearranging(const Parsing& parsing) {
  const DumpRequest& dump = parsing.dump;
  const bool about_dump = dump.codec != CodecId::none || dump.dump_level != 0 || dump.elf;
  if (parsing.mode != Mode::rearrange || !about_dump) return {};
  return fail(ErrorKind::usage, "-R goes with none of -c, -l, -p, -z, -d and -E: the dump is made already");
}

Status check_named_files(const Parsing& parsing) {
  if (!parsing.vmlinux.empty() && !parsing.vmcoreinfo.empty())
    return fail(ErrorKind::usage, "-x and -i exclude each other");
  const bool named = !parsing.vmlinux.empty() || !parsing.vmcoreinfo.empty();
  if (named && parsing.mode == Mode::rearrange)
    return fail(ErrorKind::usage, "-x and -i go with reading a VMCORE, not with -R");
  return parsing.saved_facts.empty() ? Status() : check_saving_facts(parsing);
}

Status check_erase_rules(const Parsing& parsing) {
  if (parsing.erase_rules.empty()) return {};
  if (parsing.vmlinux.empty())
    return fail(ErrorKind::usage, "--config needs -x VMLINUX, which has the types that its rules name");
  if (parsing.mode == Mode::dump && parsing.saved_facts.empty()) return {};
  return fail(ErrorKind::usage, "--config goes with making a dump only");
}

Status check_split(const Parsing& parsing) {
  if (!parsing.split) {
    if (parsing.dump.splitblock_bytes == 0) return {};
    return fail(ErrorKind::usage, "--splitblock-size goes with --split only");
  }
  if (parsing.dump.elf)
    return fail(ErrorKind::usage,
                "--split and -E exclude each other: only kdump-compressed dumps have parts");
  std::vector<std::string> files = parsing.files;
  std::ranges::sort(files);
  const auto twice = std::ranges::adjacent_find(files);
  if (twice == files.end()) return {};
  return fail(ErrorKind::usage, "--split: {} is named twice", *twice);
}

Status check_combination(Parsing& parsing) {
  TRY(check_named_files(parsing));
  TRY(check_rearranging(parsing));
  TRY(check_erase_rules(parsing));
  if (!parsing.saved_facts.empty()) parsing.mode = Mode::save_facts;
  const bool writes_dump = parsing.mode == Mode::dump;
  if (parsing.dump.size_limit && !writes_dump) {
    return fail(ErrorKind::usage, "-L goes with making a dump only");
  }
  if (parsing.dump.dry_run && !writes_dump) {
    return fail(ErrorKind::usage, "--dry-run goes with making a dump only");
  }
  if (parsing.dump.vtop && !writes_dump) {
    return fail(ErrorKind::usage, "--vtop goes with making a dump only");
  }
  if (parsing.log_part != LogPart::whole && parsing.mode != Mode::dump_dmesg) {
    return fail(ErrorKind::usage, "--partial-dmesg goes with --dump-dmesg only");
  }
  if (parsing.dump.elf && parsing.dump.codec != CodecId::none) {
    return fail(ErrorKind::usage, "-E goes with none of -c, -l, -p and -z: an ELF core is not compressed");
  }
  TRY(check_split(parsing));
  if (parsing.json_fd >= 0 && !writes_dump) {
    return fail(ErrorKind::usage, "--json goes with making a dump only");
  }
  if (parsing.json_fd == STDOUT_FILENO && parsing.dump.flattened) {
    return fail(ErrorKind::usage, "--json 1 and -F exclude each other: standard output carries the dump");
  }
  return check_files(parsing);
}

void place_files(Parsing& parsing) {
  if (parsing.mode == Mode::rearrange || parsing.mode == Mode::reassemble) {
    parsing.dump.output = parsing.files.back();
    return;
  }
  parsing.dump.vmcore = parsing.files[0];
  if (parsing.mode == Mode::show_facts || parsing.mode == Mode::mem_usage) return;
  if (parsing.split) {
    parsing.dump.split_outputs.assign(parsing.files.begin() + 1, parsing.files.end());
  } else if (parsing.dump.flattened) {
    parsing.dump.output_fd = STDOUT_FILENO;
  } else {
    parsing.dump.output = parsing.files[1];
  }
}

}  // namespace

Result<Options> parse_makedumpfile_options(std::span<char* const> arguments) {
  Parsing parsing;
  parsing.files = TRY(apply_options(arguments, parsing));
  parsing.message_level |= parsing.added_levels;
  if (parsing.words_only) {
    parsing.mode = *parsing.words_only;
    return parsing;
  }
  TRY(check_combination(parsing));
  if (!parsing.files.empty()) place_files(parsing);
  if (parsing.mode == Mode::save_facts) parsing.dump.output = parsing.saved_facts;
  if (parsing.check_only) parsing.mode = Mode::check_params;
  return parsing;
}

bool asks_for_stream(std::span<char* const> arguments) {
  const std::vector<OptionName> names = makedumpfile_option_names();
  const auto has_stream = [&](std::string_view word) {
    if (!word.starts_with('-') || word.starts_with("--")) return false;
    for (const char letter : word.substr(1)) {
      if (letter == 'F') return true;
      const auto name = std::ranges::find(names, letter, &OptionName::short_name);
      if (name != names.end() && name->argument == Argument::required) return false;
    }
    return false;
  };
  const auto end = std::ranges::find(arguments, std::string_view("--"),
                                     [](const char* word) { return std::string_view(word); });
  return std::any_of(arguments.begin(), end, has_stream);
}

bool asks_for(std::span<char* const> arguments, std::string_view option) {
  return std::ranges::any_of(arguments, [&](const char* word) { return word == option; });
}

std::string makedumpfile_help() {
  std::string text = "Usage:\n";
  for (const Usage& usage : kUsages) text += fmt::format("  {}\n", usage.text);
  text += "\nOptions:\n" + option_help(makedumpfile_option_names());
  return text + "\nSee makedumpfile(8).\n";
}

std::vector<OptionName> makedumpfile_option_names() {
  return option_names(std::span<const Option<Parsing>>(kTable));
}

}  // namespace kdump
