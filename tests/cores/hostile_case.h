// SPDX-License-Identifier: GPL-2.0-or-later
// What makedumpfile is asked to do with an input that is wrong, and whether it ends as it should.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "makedumpfile/dump.h"
#include "tests/cores/mutation.h"

namespace kdump::test {

// A sound input.
struct Source {
  std::string name;
  std::unique_ptr<MemoryFile> file;
};

// The core itself, and dumps of it in every format that is read.
Status add_sources(const std::string& name, std::unique_ptr<MemoryFile> elf, std::vector<Source>& sources);

enum Outcome : size_t { dump, partial, refused, wrong };
inline constexpr size_t kOutcomes = 4;
inline constexpr std::array<std::string_view, kOutcomes> kOutcomeNames = {"dumps", "partial dumps", "errors",
                                                                          "wrong"};

struct Verdict {
  Outcome outcome = Outcome::wrong;
  std::string text;   // the error, or what is wrong
  uint64_t peak = 0;  // bytes of heap, for making the dump (reading it back is the test's)
};

class HostileCase {
 public:
  // What is done is the dice's choice; `input` is changed afterwards.
  HostileCase(const MemoryFile& input, Dice& dice);

  [[nodiscard]] std::string describe() const;
  [[nodiscard]] unsigned threads() const { return request_.num_threads; }
  Verdict run();

 private:
  enum class Kind { place, stream, log, facts };

  Verdict make_dump();
  Verdict read_log();
  Verdict show();

  Kind kind_;
  DumpRequest request_;
  uint64_t capacity_;  // bytes of the target
};

}  // namespace kdump::test
