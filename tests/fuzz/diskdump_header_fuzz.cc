// SPDX-License-Identifier: GPL-2.0-or-later
// The header of a kdump-compressed file of any bytes: what is accepted lies in the file.
#include <cstdlib>

#include "makedumpfile/format/kdump_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const kdump::Bytes bytes = std::as_bytes(std::span(data, size));
  // Files are larger than the part that is read: the last byte says by how much.
  const uint64_t file_size = size + (size == 0 ? 0 : uint64_t{data[size - 1]} << 16);
  const auto facts = kdump::read_kdump_header(bytes, file_size, "fuzz");
  if (!facts) return 0;
  if (facts->descriptors > file_size || facts->bitmap2 > facts->descriptors || facts->block_size < 4096)
    std::abort();
  return 0;
}
