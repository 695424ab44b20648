// SPDX-License-Identifier: GPL-2.0-or-later
// Can it be right what the filter is about to leave out? What it counts is held against what the kernel
// counted itself, against what the struct pages say apart from the rules, and the facts against each other.
//
// Only leaving out too much is an error: a page too many in the dump costs space, one that is missing may be
// the one that explains the crash. A check whose facts are missing is not made.
#pragma once

#include <string>
#include <vector>

#include "makedumpfile/filter/dump_level.h"
#include "makedumpfile/filter/evidence.h"
#include "makedumpfile/filter/page_class.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/mm/counters.h"

namespace kdump {

struct Finding {
  // Not to be trusted: dump level bits, kKeepOffline, kKeepHwpoison (dump_level.h).
  int rules = 0;
  std::string text;  // what was found and what was expected, for the user
};

// Of the facts alone: a page type or flag that cannot be one or that two names share, and where VMCOREINFO
// contradicts the types in the dead kernel's memory.
std::vector<Finding> check_facts(const Facts& facts);

// Of everything classified under `rules` (dump_level.h). `excluded`: pages left out of each class; `rescued`:
// pages that a rule would have left out but that are protected.
std::vector<Finding> check_classified(int rules, const ClassCounts& excluded, const ClassCounts& rescued,
                                      const Evidence& evidence, const KernelCounters& counters);

// `rules` without what a finding does not trust: level bits cleared, keep bits set.
int without(int rules, const Finding& finding);

// The rules that hold after all findings; the texts of those that changed something are added to `reasons`.
int apply_findings(int rules, const std::vector<Finding>& findings, std::vector<std::string>& reasons);

}  // namespace kdump
