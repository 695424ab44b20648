// SPDX-License-Identifier: GPL-2.0-or-later
// The dead kernel's log as a file of its own.
#pragma once

#include <string>

#include "common/error.h"
#include "makedumpfile/kernel/named_facts.h"
#include "makedumpfile/report/log_text.h"
#include "makedumpfile/sink/sink.h"

namespace kdump {

// The dead kernel's log into a new file `output` of mode 0600 (as "-incomplete" until whole), or to `fd` when
// >= 0. `named`: as in DumpRequest.
Status write_dmesg(const std::string& vmcore, const std::string& output, int fd, bool overwrite,
                   const NamedFacts& named = {}, LogPart part = LogPart::whole);
// The same into a stream, which is finished when all of the log is there.
Status write_dmesg(const std::string& vmcore, Stream& stream, const NamedFacts& named = {},
                   LogPart part = LogPart::whole);

}  // namespace kdump
