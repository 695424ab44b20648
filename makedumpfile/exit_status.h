// SPDX-License-Identifier: GPL-2.0-or-later
// The exit status of a run that failed. As in the original it is 1, and 2 where the file of -i is of another
// kernel. With --strict-exit it tells what went wrong, also where that cost only pages.
#pragma once

#include <span>
#include <string_view>

#include "common/error.h"

namespace kdump {

// What is known of a failure, or of what is left to wish.
struct Ending {
  ErrorKind kind = ErrorKind::failure;
  bool output_exists = false;  // and -f was not given
  bool incomplete = false;     // a dump that is not whole stays
  bool no_input = false;       // a file to read cannot be opened
  bool named_release = false;  // the mismatch is that of a file of -i
  bool lost_pages = false;     // nothing failed, but pages of the input are missing in the dump
};

struct ExitStatus {
  int status;
  bool (*applies)(const Ending& ending);
  std::string_view meaning;  // as in makedumpfile.8 (a test demands it)
};

// The first row that applies counts; the last one always does.
std::span<const ExitStatus> exit_statuses();

int exit_status(const Ending& ending, bool strict);

}  // namespace kdump
