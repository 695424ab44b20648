// SPDX-License-Identifier: GPL-2.0-or-later
// kdumpctl(8): the command line of the service. Prints on standard error, as its users' scripts expect.
#include <cstdio>
#include <span>

#include "kdumpd/verbs.h"

namespace {

using kdump::service::Level;

void print(Level level, std::string_view text) {
  fmt::print(stderr, "kdump: {}{}\n", level == Level::warning ? "WARNING: " : "", text);
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char* const> words(argv, static_cast<size_t>(argc));
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "--help" || verb == "-h") {
    fmt::print("{}\n", kdump::service::usage());
    return kdump::service::kSuccess;
  }
  if (verb == "--version" || verb == "-V") {
    fmt::print("kdumpctl {}\n", KDUMP_VERSION);
    return kdump::service::kSuccess;
  }
  const kdump::service::Host host;
  const kdump::service::Context context{host, kdump::service::real_effects(host, print), print};
  return kdump::service::run_verb(context, verb, words.subspan(words.size() > 1 ? 2 : words.size()));
}
