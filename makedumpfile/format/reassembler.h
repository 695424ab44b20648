// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile -R: a flattened stream back into the file it stands for.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "common/bytes.h"
#include "common/error.h"
#include "makedumpfile/sink/sink.h"

namespace kdump {

// Fills the buffer from the stream; fewer bytes only at its end.
using StreamReader = std::function<Result<size_t>(MutableBytes)>;

// Reads the stream up to its end record and writes its records to `sink`, which is not finished. Records may
// overlap, the later one wins: makedumpfile -E -F writes its note header twice. A truncated stream, a
// negative size or offset, or an end past 2^63 is ErrorKind::corrupt, naming `source` and the offset in it.
// Returns the size of the file.
Result<uint64_t> reassemble(const StreamReader& read, std::string_view source, RandomAccess& sink);

// Fills the buffer from an offset on; fewer bytes only at the end.
using PositionedReader = std::function<Result<size_t>(uint64_t offset, MutableBytes)>;

struct FlattenedExtent {
  uint64_t file_bytes = 0;    // of the file it stands for
  uint64_t stream_bytes = 0;  // up to the end of the end record
};

// Looks at the headers of all records and passes over their data. Errors as those of reassemble.
Result<FlattenedExtent> measure_flattened(const PositionedReader& read_at, std::string_view source);

}  // namespace kdump
