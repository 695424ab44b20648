// SPDX-License-Identifier: GPL-2.0-or-later
// Bound rules and a dead kernel's memory: what of physical memory is to be erased.
#pragma once

#include <string>
#include <vector>

#include "makedumpfile/erase/bind.h"
#include "makedumpfile/erase/erased_memory.h"
#include "makedumpfile/kernel/kernel_info.h"

namespace kdump {

struct ErasePlan {
  ErasedMemory memory;
  // The dump's erase information: that of the input, and for each object that is erased a line "erase PATH
  // size N" or "erase PATH nullify", as makedumpfile writes it and crash shows it; of new lines at most
  // kMaxEraseInfo bytes, those of further objects are left out.
  std::string info;
  // What rules could not be carried out on, a line each: the kernel's memory is not what they expect.
  std::vector<std::string> notes;
};

inline constexpr size_t kMaxEraseInfo = size_t{1} << 20;

// Follows pointers and lists, however the memory is: a list that does not end, a size that cannot be or a
// pointer to nowhere ends that command's work on that object, and becomes a note. NULL on the way is nothing
// to erase. Errors: there are no virtual addresses to read by, or more is to be erased than a sound kernel
// has.
Result<ErasePlan> plan_erasure(const BoundRules& rules, const KernelInfo& kernel);

// The utsname of the dead kernel as the dump's header may have it: without what is erased in memory.
diskdump::UtsName erased_utsname(const KernelInfo& kernel, const ErasedMemory& erased);

}  // namespace kdump
