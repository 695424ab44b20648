// SPDX-License-Identifier: GPL-2.0-or-later
// A dump that the capture kernel left on a bare device becomes files, and the device is free for the next.
#pragma once

#include <string>

#include "common/error.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

struct RawExtraction {
  std::string directory;  // where it is now; empty when there was nothing to take
  std::string warning;    // what is wrong with it, or with what stays on the device; empty when all is well
};

// Takes the dump, the log and what else a crash left on `device` into a directory of its own below `path`,
// which must exist. The directory is NAME-incomplete until everything in it is whole, synced and compared
// with the device; only then the device forgets it: the first 4096 bytes of the dump, and the header of the
// files beside it, become zeros. After an error, or when this process ends in the middle, the device is as it
// was, and the next call starts again. A dump that the capture kernel could not finish stays on the device;
// what is beside it is taken.
Result<RawExtraction> extract_raw(const Host& host, const std::string& device, const std::string& path,
                                  const Announce& announce);

}  // namespace kdump::service
