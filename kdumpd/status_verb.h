// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kdumpd/arm.h"

namespace kdump::service {

// What to say about a machine: the first line is the incumbents', the others say why or what is off.
std::vector<std::string> describe_status(const Context& context, bool loaded);

int run_status(const Context& context, std::span<char* const> arguments);
int run_showmem(const Context& context, std::span<char* const> arguments);

}  // namespace kdump::service
