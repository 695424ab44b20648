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
// Where a part is marked incomplete, the pages it lacks are lost in the merged dump, too, and that has the
// mark. A part that ends before its data does is ErrorKind::corrupt, one of a big-endian machine
// ErrorKind::unsupported. Returns its bytes.
Result<uint64_t> merge_parts(const SplitSet& set, RandomAccess& sink, const MergeProgress& progress);

}  // namespace kdump
