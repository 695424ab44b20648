// SPDX-License-Identifier: GPL-2.0-or-later
// The CPUs' own variables (include/asm-generic/percpu.h, mm/percpu.c).
#pragma once

#include <vector>

#include "makedumpfile/protect/finder.h"

namespace kdump {

struct CpuAreas {
  VirtRange variables;  // the addresses that the linker gave them: __per_cpu_start to __per_cpu_end
  std::vector<uint64_t>
      offsets;  // added to such an address: the variable of a CPU; one a CPU that was set up
};

// Errors: a fact is missing, or its variable cannot be read.
Result<CpuAreas> find_cpu_areas(ProtectedSearch& search);

}  // namespace kdump
