// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile verify: whether a dump is sound, page by page, and holds what the vmcore it was made of had.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "makedumpfile/dump.h"
#include "makedumpfile/inspect/dump_file.h"
#include "makedumpfile/inspect/page_census.h"

namespace kdump {

// The exit statuses, the gravest last but for `sound`: of several files the gravest counts.
enum class Verdict {
  sound = 0,
  unreadable = 1,  // cannot be opened or read, or is no dump
  damaged = 2,
  incomplete = 3,  // sound as far as it goes: marked incomplete, pages lost, or a file of the set missing
  different = 4,   // sound, but not what the vmcore has
};

// The graver of two.
Verdict graver(Verdict a, Verdict b);

struct VerifyRequest {
  std::vector<std::string> files;
  std::string against;  // the vmcore to compare with; empty: none
  unsigned threads = 1;
  OpenOptions open;
};

struct VerifyResult {
  std::string path;
  Verdict verdict = Verdict::sound;
  std::string error;        // that ended it, for a file that is unreadable or whose headers are damaged
  PageCensus census;        // of a kdump-compressed file
  uint64_t pages_read = 0;  // decompressed, and of the page's size
  uint64_t pages_lost = 0;
  uint64_t excluded = 0;        // --against: pages of the vmcore that the dump leaves out
  uint64_t equal = 0;           // --against
  uint64_t different = 0;       // --against
  uint64_t not_comparable = 0;  // --against: the vmcore has no such page, or it cannot be read there
  uint64_t problem_count = 0;
  std::vector<std::string> problems;  // the first ones
};

// One result for each file, in their order; where all are files of a split dump, one more, for the set.
std::vector<VerifyResult> verify_dumps(const VerifyRequest& request, DumpObserver& observer);

std::string verify_text(const VerifyResult& result, bool compared);
Verdict verdict_of(std::span<const VerifyResult> results);

}  // namespace kdump
