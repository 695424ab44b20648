// SPDX-License-Identifier: GPL-2.0-or-later
// The files that -x, -i and -g name. Part of the program, not of the dump engine: -x needs libdw.
#pragma once

#include <string>

#include "common/error.h"
#include "makedumpfile/kernel/named_facts.h"
#include "makedumpfile/options.h"

namespace kdump {

// The files of -x, -i and --config into `dump`: facts, and the rules held against the types of the -x file,
// with their symbols among the facts. The rules are read first, since a vmlinux takes its time.
Status read_named_files(const Options& options, DumpRequest& dump);

// -g: what `vmlinux` tells into a new file of mode 0644, which appears as a whole or not at all.
Status save_facts(const std::string& vmlinux, const std::string& output, bool overwrite);

}  // namespace kdump
