// SPDX-License-Identifier: GPL-2.0-or-later
// The files that -x, -i and -g name. Part of the program, not of the dump engine: -x needs libdw.
#pragma once

#include <string>

#include "common/error.h"
#include "makedumpfile/kernel/named_facts.h"
#include "makedumpfile/options.h"

namespace kdump {

// The facts of the file that -x or -i names; empty when neither does.
Result<NamedFacts> read_named_file(const Options& options);

// -g: what `vmlinux` tells into a new file of mode 0644, which appears as a whole or not at all.
Status save_facts(const std::string& vmlinux, const std::string& output, bool overwrite);

}  // namespace kdump
