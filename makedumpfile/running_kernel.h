// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/kcore: the running kernel's memory as an ELF core. Since 23c85094fe18 (4.19) it has a VMCOREINFO
// note; before that /sys/kernel/vmcoreinfo tells where in memory the note lies ("0x000000023fb00000 1024": a
// physical address, and a size in hexadecimal; kernel/ksysfs.c).
#pragma once

#include <string>

#include "makedumpfile/kernel/named_facts.h"

namespace kdump {

inline constexpr const char* kSysVmcoreinfo = "/sys/kernel/vmcoreinfo";

bool is_running_kernel(const std::string& vmcore);

// The note that the text in `file` names, read from `vmcore`.
Result<NamedFacts> facts_of_running_kernel(const Vmcore& vmcore, const std::string& file);

}  // namespace kdump
