// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile's command line. The capture worker parses the configured core_collector line with the same
// code.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/options.h"
#include "makedumpfile/dump.h"
#include "makedumpfile/report/log_text.h"

namespace kdump {

enum class Mode {
  dump,
  rearrange,
  reassemble,
  dump_dmesg,
  show_facts,
  save_facts,
  help,
  version,
  check_params,
  mem_usage
};

// Bits of --message-level.
namespace message_level {
inline constexpr unsigned kProgress = 1, kCommon = 2, kError = 4, kDebug = 8, kReport = 16, kDefault = 7,
                          kMax = 31;
}

struct Options {
  Mode mode = Mode::dump;
  DumpRequest dump;
  unsigned message_level = message_level::kDefault;
  int json_fd = -1;                   // the report goes there as JSON
  std::vector<std::string> files;     // positional arguments, checked against the mode
  std::string vmlinux;                // -x; reading it into dump.named is the caller's, and likewise for
  std::string vmcoreinfo;             // -i
  std::string erase_rules;            // --config, into dump.erase
  bool strict_exit = false;           // --strict-exit
  LogPart log_part = LogPart::whole;  // --partial-dmesg
};

// `arguments` excludes the program's name. `dump` holds the file names where they belong (for -R and the log,
// too). Errors are ErrorKind::usage, or ErrorKind::unsupported for an option of the original that this one
// does not have (refused_options.h).
Result<Options> parse_makedumpfile_options(std::span<char* const> arguments);

// Whether -F is among them, also when they are not valid: then messages belong on standard error.
bool asks_for_stream(std::span<char* const> arguments);
// Likewise for a long option, spelled out.
bool asks_for(std::span<char* const> arguments, std::string_view option);

std::string makedumpfile_help();
std::vector<OptionName> makedumpfile_option_names();

}  // namespace kdump
