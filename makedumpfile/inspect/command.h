// SPDX-License-Identifier: GPL-2.0-or-later
// The words of makedumpfile's command line that look at dumps: info and verify.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/options.h"
#include "makedumpfile/dump.h"

namespace kdump {

// What is to be printed, and the exit status.
struct InspectOutcome {
  std::string text;    // on standard output
  std::string errors;  // on standard error
  int status = 0;
};

// Whether the program's first argument is one of the words.
bool is_inspect_word(std::string_view argument);

// `arguments` begin with the word. Progress goes to `observer`. Errors are of the command line alone
// (ErrorKind::usage).
Result<InspectOutcome> run_inspect(std::span<char* const> arguments, DumpObserver& observer);

// For help and the check of the man page.
std::string inspect_help();
std::vector<OptionName> inspect_option_names();

}  // namespace kdump
