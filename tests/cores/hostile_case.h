// SPDX-License-Identifier: GPL-2.0-or-later
// What makedumpfile is asked to do with an input that is wrong, and whether it ends as it should.
#pragma once

#include <string>
#include <vector>

#include "makedumpfile/dump.h"
#include "makedumpfile/report/log_text.h"
#include "tests/cores/hostile_input.h"
#include "tests/cores/judgement.h"
#include "tests/cores/memory_sinks.h"

namespace kdump::test {

class HostileCase {
 public:
  // What is done is the dice's choice. `scratch` is a directory for outputs that have names; it stays empty.
  HostileCase(const HostileInput& input, const std::string& scratch, Dice& dice);

  [[nodiscard]] std::string describe() const;
  // An index of modes(), their names.
  [[nodiscard]] size_t mode() const;
  static std::vector<std::string_view> modes();
  [[nodiscard]] unsigned threads() const { return request_.num_threads; }
  Judgement run();

 private:
  struct ModeRow;
  static const ModeRow kModes[];

  [[nodiscard]] bool is_dump() const;
  [[nodiscard]] Judgement judge_dump(const Status& written, std::span<const std::string> files,
                                     uint64_t peak) const;
  Judgement make_file();
  Judgement make_stream();
  Judgement make_parts();
  Judgement make_reassembled();
  Judgement make_rearranged();
  Judgement make_log();
  Judgement show_facts_of();
  Judgement show_usage();
  Judgement inspect();
  Judgement verify();

  const ModeRow* mode_;
  std::string output_;               // a name in the scratch directory
  std::vector<std::string> inputs_;  // all of the files; one of them is the request's vmcore
  DumpRequest request_;
  DumpReport report_;
  uint64_t capacity_;  // bytes of the target
  LogPart log_part_;
};

}  // namespace kdump::test
