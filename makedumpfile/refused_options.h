// SPDX-License-Identifier: GPL-2.0-or-later
// What makedumpfile 1.7 and 1.8 know and this one leaves out on purpose: each option says so by name, and
// what to do instead. They stand in makedumpfile.8 under "OPTIONS LEFT OUT" (a test demands it).
#pragma once

#include <span>

#include "common/options.h"

namespace kdump {

struct RefusedOption {
  OptionName name;
  const char* reason;  // and the remedy: what the error says after the option's name
};

std::span<const RefusedOption> refused_options();

}  // namespace kdump
