// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/codec/codec.h"

#include <algorithm>

#include "common/layout/diskdump.h"
#include "makedumpfile/codec/registry.h"

namespace kdump {
namespace {

// In the order of CodecId.
constexpr CodecRow kRows[] = {
    {CodecId::none, "none", 0, 0, create_none_codec},
    {CodecId::zlib, "zlib", 'c', diskdump::DUMP_DH_COMPRESSED_ZLIB, create_zlib_codec},
    {CodecId::lzo, "lzo", 'l', diskdump::DUMP_DH_COMPRESSED_LZO, create_lzo_codec},
    {CodecId::snappy, "snappy", 'p', diskdump::DUMP_DH_COMPRESSED_SNAPPY, create_snappy_codec},
    {CodecId::zstd, "zstd", 'z', diskdump::DUMP_DH_COMPRESSED_ZSTD, create_zstd_codec},
};

}  // namespace

std::span<const CodecRow> codec_rows() { return kRows; }

const CodecRow& codec_row(CodecId id) { return *std::ranges::find(kRows, id, &CodecRow::id); }

const CodecRow* codec_of_flags(uint32_t flags) {
  const auto* row = std::ranges::find(kRows, flags, &CodecRow::header_bit);
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace kdump
