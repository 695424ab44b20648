// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/iomem as data. The parser works on one snapshot of the text: the file can change while it is read,
// and what was duplicated or torn by that is dropped.
#pragma once

#include <string_view>
#include <vector>

#include "common/units.h"

namespace kdump::kexec {

struct IomemEntry {
  PhysRange range;
  unsigned depth;         // 0 at the top, one more for each two blanks of indentation
  std::string_view name;  // points into the text

  bool operator==(const IomemEntry&) const = default;
};

// Lines "  start-end : name" (kernel/resource.c, r_show) in the order of the text; other lines and repeated
// entries are left out.
std::vector<IomemEntry> parse_iomem(std::string_view text);

// True when the kernel hid the addresses: every range is printed as 0-0 when the file was opened without
// CAP_SYS_ADMIN in the initial user namespace.
bool addresses_masked(const std::vector<IomemEntry>& entries);

// "Crash kernel" ranges, ascending, overlapping ones joined. With crashkernel=SIZE,high there are two.
std::vector<PhysRange> crash_kernel_ranges(const std::vector<IomemEntry>& entries);

// "System RAM" at the top level, ascending.
std::vector<PhysRange> system_ram_ranges(const std::vector<IomemEntry>& entries);

}  // namespace kdump::kexec
