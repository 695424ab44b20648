// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/exit_status.h"

#include <algorithm>

namespace kdump {
namespace {

constexpr int kFailed = 1, kOtherRelease = 2;

template <ErrorKind Kind>
bool is(const Ending& ending) {
  return ending.kind == Kind;
}

// Scripts depend on these numbers: a new kind of failure gets a new one, and an entry in makedumpfile.8.
constexpr ExitStatus kStatuses[] = {
    {kOtherRelease,
     [](const Ending& ending) { return is<ErrorKind::mismatch>(ending) && ending.named_release; },
     "the file of -i is of another kernel"},
    {3, is<ErrorKind::usage>, "the command line is wrong"},
    {4, is<ErrorKind::unsupported>, "not supported"},
    {7, [](const Ending& ending) { return ending.output_exists; }, "the output exists"},
    {9, [](const Ending& ending) { return ending.incomplete; }, "an incomplete dump stays"},
    {8, is<ErrorKind::no_space>, "no space, and nothing to use is left"},
    {6, is<ErrorKind::corrupt>, "the input is damaged"},
    {10, is<ErrorKind::mismatch>, "two inputs do not belong together"},
    {5, [](const Ending& ending) { return ending.no_input; }, "the input cannot be opened"},
    {11, [](const Ending& ending) { return ending.lost_pages; },
     "the dump is there, but lacks pages that could not be read"},
    {kFailed, [](const Ending& /*ending*/) { return true; }, "anything else"},
};

}  // namespace

std::span<const ExitStatus> exit_statuses() { return kStatuses; }

int exit_status(const Ending& ending, bool strict) {
  const int status =
      std::ranges::find_if(kStatuses, [&](const ExitStatus& row) { return row.applies(ending); })->status;
  return strict || status == kOtherRelease ? status : kFailed;
}

}  // namespace kdump
