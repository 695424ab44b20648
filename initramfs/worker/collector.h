// SPDX-License-Identifier: GPL-2.0-or-later
// core_collector: who copies /proc/vmcore into the dump's directory.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/worker/place.h"

namespace kdump::worker {

// A file of a dump that has its final name.
struct Collected {
  std::string name;
  uint64_t bytes = 0;
};

// Brings the vmcore into `place`, as "-incomplete" until it is whole and synced, by the words of
// core_collector.
Result<Collected> collect(const Errand& errand, Place& place);

// "/usr/sbin/makedumpfile" is makedumpfile too; empty without any words.
std::string collector_name(const std::vector<std::string>& collector);

// Whether makedumpfile is asked for its flattened stream: -F.
bool wants_flattened(const std::vector<std::string>& collector);

// What "makedumpfile …" asks for. -F is not for it to say, since where a dump goes decides that; without
// --num-threads every one of `cpus` gets one.
Result<DumpRequest> makedumpfile_request(const std::vector<std::string>& collector, const std::string& vmcore,
                                         unsigned cpus);

}  // namespace kdump::worker
