// SPDX-License-Identifier: GPL-2.0-or-later
// Facts from a vmlinux with debug information (-x). The only part that needs libdw, so a library of its own:
// the engine takes the lines that come out, and the capture image needs none of it.
#pragma once

#include <span>
#include <string>

#include "common/error.h"
#include "makedumpfile/kernel/named_facts.h"
#include "makedumpfile/kernel/wanted_facts.h"

namespace kdump {

// OSRELEASE, BUILD-ID, PAGESIZE and every wanted fact (wanted_facts.h) that the vmlinux tells, with those
// that only a file can tell. Errors say what to do about a file that is no vmlinux with debug information.
Result<NamedFacts> read_debug_info(const std::string& path);

// The same for the facts `wanted` alone, whose keys are VMCOREINFO's.
Result<NamedFacts> read_debug_info(const std::string& path, std::span<const WantedFact> wanted);

}  // namespace kdump
