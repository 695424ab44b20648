// SPDX-License-Identifier: GPL-2.0-or-later
// The verbs of kdumpctl. A new verb is a row in verbs.cc, an entry in kdumpctl.8 and a word of the shell
// completion; tests fail without the latter two.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "kdumpd/arm.h"

namespace kdump::service {

enum ExitStatus : int { kSuccess = 0, kFailure = 1, kNotOperational = 3 };

using Arguments = std::span<char* const>;

struct Verb {
  std::string_view name;
  std::string_view arguments;  // as the usage shows them
  std::string_view help;
  bool exclusive;  // runs as root, holding the lock
  int (*run)(const Context& context, Arguments arguments);
};

std::span<const Verb> verbs();

// Verbs of the incumbents that are not built yet.
std::span<const std::string_view> unbuilt_verbs();

std::string usage();

// Runs a verb with the words after it; the exit status.
int run_verb(const Context& context, std::string_view name, Arguments arguments);

}  // namespace kdump::service
