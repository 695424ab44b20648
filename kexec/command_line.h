// SPDX-License-Identifier: GPL-2.0-or-later
// A kernel command line as the kernel reads it: words, where double quotes keep blanks together, up to "--",
// after which everything is init's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace kdump::kexec {

class CommandLine {
 public:
  static CommandLine parse(std::string_view text);

  // Removes every parameter of that name, with or without a value. Names compare as the kernel does: - equals
  // _.
  void remove(std::string_view name);
  // Adds parameters before "--".
  void append(std::string_view text);
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> parameters_;
  std::string init_arguments_;  // from "--" on
};

// x86: 2047 (setup header cmdline_size) less 30 the kernel keeps for elfcorehdr=, including the NUL.
inline constexpr size_t kMaxCommandLine = 2017;

// Error naming the length and the limit.
Status check_length(std::string_view command_line);

}  // namespace kdump::kexec
