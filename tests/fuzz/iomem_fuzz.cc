// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <cstdlib>

#include "kexec/iomem.h"

// Whatever the text, ranges are not empty, ascend and do not overlap.
static void check(const std::vector<kdump::PhysRange>& ranges) {
  kdump::PhysAddr last;
  for (const kdump::PhysRange& range : ranges) {
    if (range.begin < last || range.end < range.begin) std::abort();
    last = range.end;
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto entries = kdump::kexec::parse_iomem(text);
  check(kdump::kexec::crash_kernel_ranges(entries));
  check(kdump::kexec::system_ram_ranges(entries));
  static_cast<void>(kdump::kexec::addresses_masked(entries));
  return 0;
}
