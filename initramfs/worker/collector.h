// SPDX-License-Identifier: GPL-2.0-or-later
// core_collector: who copies /proc/vmcore into the dump's directory.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/worker/channel.h"
#include "makedumpfile/options.h"

namespace kdump::worker {

// Writes `output`, as "-incomplete" until it is whole and synced, by the words of core_collector; its bytes.
Result<uint64_t> collect(const std::vector<std::string>& collector, const std::string& vmcore,
                         const std::string& output, Channel& channel);

// What "makedumpfile …" asks for on a filesystem: -F has no place there, and without --num-threads every
// one of `cpus` gets one.
Result<DumpRequest> makedumpfile_request(const std::vector<std::string>& collector, const std::string& vmcore,
                                         const std::string& output, unsigned cpus);

}  // namespace kdump::worker
