// SPDX-License-Identifier: GPL-2.0-or-later
// Reads back what a kdump-compressed file says of itself, to check a dump that came from elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/bytes.h"
#include "common/error.h"
#include "common/units.h"

namespace kdump {

struct KdumpHeaderFacts {
  int32_t version = 0;
  uint64_t block_size = 0;  // bytes
  Pfn max_pfn;              // one past the highest page
  uint64_t bitmap2 = 0;     // offsets in the file, bytes
  uint64_t descriptors = 0;
  uint32_t codec_flags = 0;  // DUMP_DH_COMPRESSED_… of the codecs
  bool incomplete = false;   // the writer could not finish
};

// Bytes from the start of the file that read_kdump_header wants to see, less for a shorter file.
inline constexpr size_t kKdumpHeaderBytes = (size_t{256} << 10) + 4096;

// Whether the file starts with the signature of this format.
bool is_kdump(Bytes start);

// `start`: the first bytes of a file of `file_size` bytes; 64-bit little-endian files of versions 1 to 6.
// Sizes and offsets that contradict each other or the file's size are ErrorKind::corrupt, naming `source`.
Result<KdumpHeaderFacts> read_kdump_header(Bytes start, uint64_t file_size, std::string_view source);

}  // namespace kdump
