// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile --reassemble: the parts of a split dump as one file. Page data is copied as it is, never
// decompressed.
#pragma once

#include <functional>

#include "makedumpfile/sink/sink.h"
#include "makedumpfile/vmcore/split_set.h"

namespace kdump {

// Told how many bytes of page data are copied.
using MergeProgress = std::function<void(uint64_t)>;

// Writes the dump that `set` is the parts of to `sink`, which is not finished: as if it had not been split.
// All parts must be whole (one marked incomplete is ErrorKind::corrupt) and little-endian. Returns its bytes.
Result<uint64_t> merge_parts(const SplitSet& set, RandomAccess& sink, const MergeProgress& progress);

}  // namespace kdump
