// SPDX-License-Identifier: GPL-2.0-or-later
// From the errno of kexec_file_load(2) to a cause and a remedy: the call has about 25 errnos for several
// times as many causes, and which one it was shows only together with the machine's state.
#pragma once

#include <string>

#include "kexec/loader.h"
#include "kexec/system_facts.h"

namespace kdump::kexec {

struct FailureContext {
  const SystemFacts& facts;
  uint64_t needed = 0;  // bytes of the main range, 0 when not known
};

struct Explanation {
  std::string cause;
  std::string remedy;
};

Explanation explain(int errno_value, const FailureContext& context);

}  // namespace kdump::kexec
