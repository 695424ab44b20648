// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdlib>

#include "initramfs/plan/plan.h"

// Whatever is taken is written and read back as the same plan.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto plan = kdump::plan::from_json({reinterpret_cast<const char*>(data), size});
  if (!plan) return 0;
  const auto again = kdump::plan::from_json(kdump::plan::to_json(*plan));
  if (!again || *again != *plan) abort();
  return 0;
}
