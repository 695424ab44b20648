// SPDX-License-Identifier: GPL-2.0-or-later
// Texts of VMCOREINFO lines in files: -i reads one, -g writes one.
#pragma once

#include <string>

#include "common/error.h"
#include "makedumpfile/kernel/named_facts.h"

namespace kdump {

// The lines of a file that our -g or the original's has written, or of a core's VMCOREINFO note. Errors: a
// line that is none; no OSRELEASE, without which nobody can tell whose lines they are.
Result<NamedFacts> read_vmcoreinfo_file(const std::string& path);

// What -g writes: the lines of a vmlinux, and what follows from them where no debug information tells it.
// Values that differ from boot to boot or from machine to machine are left to the dump. Errors: the vmlinux
// does not tell its release.
Result<std::string> vmcoreinfo_text(const NamedFacts& of_vmlinux);

}  // namespace kdump
