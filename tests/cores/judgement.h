// SPDX-License-Identifier: GPL-2.0-or-later
// How a case ended, and whether it may have.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "common/error.h"
#include "makedumpfile/dump.h"

namespace kdump::test {

enum Outcome : size_t { dump, partial, refused, wrong };
inline constexpr size_t kOutcomes = 4;
inline constexpr std::array<std::string_view, kOutcomes> kOutcomeNames = {"dumps", "partial dumps", "errors",
                                                                          "wrong"};

struct Judgement {
  Outcome outcome = Outcome::wrong;
  std::string text;   // the error, or what is wrong
  uint64_t peak = 0;  // bytes of heap for what makedumpfile does (looking at what came out is the test's)
};

// Refused, if the error is one line that can be printed.
Judgement judge_error(const Error& error, uint64_t peak);
// Wrong, if the text has what a terminal would act upon.
Judgement judge_text(std::string_view text, uint64_t peak);

// A dump as makedumpfile verify sees it: sound but for pages that could not be read in the input, and with as
// many pages as `report` says. Damage of the notes is copied from the input, where that has it.
Status check_dump(std::span<const std::string> files, const std::string& input, const DumpReport& report);
// What is left of a dump that was given up: it says that it is incomplete, and has no other fault.
Status check_remains(const std::string& file, const std::string& input);
// A merged dump has the pages of its parts, the ones that cannot be read, too.
Status check_merged(std::span<const std::string> parts, const std::string& merged);
// What was rearranged is what the stream stands for.
Status check_rearranged(const std::string& stream, const std::string& plain);

}  // namespace kdump::test
