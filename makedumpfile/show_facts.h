// SPDX-License-Identifier: GPL-2.0-or-later
// --show-facts: what is known of a dump's kernel, from where, what is not, and what that costs.
#pragma once

#include <string>

#include "common/error.h"
#include "makedumpfile/kernel/named_facts.h"

namespace kdump {

// One line a fact, sorted by key ("OFFSET(page.flags)=0  btf"), then what is missing, what follows from that,
// where two sources contradict each other, and what became of those that could not tell. Ready to print.
// `named`: as in DumpRequest.
Result<std::string> show_facts(const std::string& vmcore, const NamedFacts& named);

}  // namespace kdump
