// SPDX-License-Identifier: GPL-2.0-or-later
// Page compression: one small interface, and the registry of everything that implements it.
//
// New codec = a file with a create_…_codec(), a row in codec.cc, and it is in the round-trip test.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

enum class CodecId { none, zlib, lzo, snappy, zstd };

// Compresses single pages. Holds the library's working memory, so each thread has its own.
class Codec {
 public:
  virtual ~Codec() = default;

  // Bytes that compress() may need in `out` for a page of `page_size` bytes.
  [[nodiscard]] virtual size_t bound(size_t page_size) const = 0;
  // The compressed size in `out`, or 0 when it is not strictly smaller than the page: the page is then stored
  // raw. `out` has at least bound(page.size()) bytes, all of which may be written.
  virtual size_t compress(Bytes page, MutableBytes out) = 0;
  // Fills `page` from `stored`; data that is damaged or of another size is ErrorKind::corrupt.
  virtual Status decompress(Bytes stored, MutableBytes page) = 0;
};

// A row of the registry.
struct CodecRow {
  CodecId id;
  const char* name;
  char option;          // makedumpfile's option letter, 0 for none
  uint32_t header_bit;  // DUMP_DH_COMPRESSED_…, in the header and in each page_desc; 0 for none
  std::unique_ptr<Codec> (*create)();
};

std::span<const CodecRow> codec_rows();
const CodecRow& codec_row(CodecId id);
// The row of a page_desc's flags, nullptr for unknown ones.
const CodecRow* codec_of_flags(uint32_t flags);

}  // namespace kdump
