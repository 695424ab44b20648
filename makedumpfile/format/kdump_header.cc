// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/kdump_header.h"

#include <bit>
#include <cstring>

#include "common/cursor.h"
#include "common/layout/diskdump.h"

namespace kdump {
namespace {

using Header = diskdump::DiskDumpHeader<Little>;
using SubHeader = diskdump::KdumpSubHeader<Little>;

constexpr uint32_t kCodecFlags = diskdump::DUMP_DH_COMPRESSED_ZLIB | diskdump::DUMP_DH_COMPRESSED_LZO |
                                 diskdump::DUMP_DH_COMPRESSED_SNAPPY | diskdump::DUMP_DH_COMPRESSED_ZSTD;

// A stretch of the file that the sub header names.
struct Extent {
  std::string_view name;
  uint64_t offset;
  uint64_t size;
};

Status check_header(const Header& header, const Cursor& cursor) {
  constexpr int32_t kSmallestBlock = 4096;
  constexpr int32_t kLargestBlock = 256 << 10;
  if (header.header_version < 1 || header.header_version > diskdump::kHeaderVersion) {
    return cursor.corrupt("header_version",
                          fmt::format("{}, expected 1 to 6", int32_t{header.header_version}));
  }
  const int32_t block = header.block_size;
  if (block < kSmallestBlock || block > kLargestBlock || !std::has_single_bit(static_cast<uint32_t>(block))) {
    return cursor.corrupt("block_size", fmt::format("{}, expected a power of two from 4096 on", block));
  }
  if (header.sub_hdr_size < 1) {
    return cursor.corrupt("sub_hdr_size", fmt::format("{} blocks", int32_t{header.sub_hdr_size}));
  }
  return {};
}

Status check_extents(const SubHeader& sub, uint64_t file_size, const Cursor& cursor) {
  const Extent extents[] = {{"vmcoreinfo", sub.offset_vmcoreinfo, sub.size_vmcoreinfo},
                            {"notes", sub.offset_note, sub.size_note},
                            {"eraseinfo", sub.offset_eraseinfo, sub.size_eraseinfo}};
  for (const Extent& extent : extents) {
    if (extent.offset > file_size || extent.size > file_size - extent.offset) {
      return cursor.corrupt(extent.name, fmt::format("{} bytes at {:#x} of a file of {} bytes", extent.size,
                                                     extent.offset, file_size));
    }
  }
  return {};
}

}  // namespace

bool is_kdump(Bytes start) {
  return start.size() >= sizeof diskdump::kSignature &&
         std::memcmp(start.data(), diskdump::kSignature, sizeof diskdump::kSignature) == 0;
}

Result<KdumpHeaderFacts> read_kdump_header(Bytes start, uint64_t file_size, std::string_view source) {
  Cursor cursor(start, source);
  if (!is_kdump(start)) return cursor.corrupt("signature", "not KDUMP");
  const Header header = TRY(cursor.read<Header>("header"));
  TRY(check_header(header, cursor));
  KdumpHeaderFacts facts;
  facts.version = header.header_version;
  facts.block_size = static_cast<uint64_t>(int32_t{header.block_size});
  facts.max_pfn = Pfn(header.max_mapnr);
  facts.codec_flags = header.status & kCodecFlags;
  facts.incomplete = (header.status & diskdump::DUMP_DH_COMPRESSED_INCOMPLETE) != 0;

  TRY(cursor.seek(facts.block_size, "sub header"));
  const SubHeader sub = TRY(cursor.read<SubHeader>("sub header"));
  // Fields a version does not have are whatever its writer left in the block.
  if (facts.version >= diskdump::kHeaderVersion) {
    facts.max_pfn = Pfn(sub.max_mapnr_64);
    TRY(check_extents(sub, file_size, cursor));
  }
  const uint64_t bitmap1 = (1 + static_cast<uint64_t>(int32_t{header.sub_hdr_size})) * facts.block_size;
  const uint64_t bitmaps = uint64_t{header.bitmap_blocks} * facts.block_size;
  if (bitmap1 > file_size || bitmaps > file_size - bitmap1) {
    return cursor.corrupt("bitmap_blocks", fmt::format("{} blocks at {:#x} of a file of {} bytes",
                                                       uint32_t{header.bitmap_blocks}, bitmap1, file_size));
  }
  if (facts.max_pfn.value() / 8 > bitmaps / 2) {
    return cursor.corrupt("max_mapnr",
                          fmt::format("{:#x} pages, bitmaps for {:#x}", facts.max_pfn.value(), bitmaps * 4));
  }
  facts.bitmap2 = bitmap1 + bitmaps / 2;
  facts.descriptors = bitmap1 + bitmaps;
  return facts;
}

}  // namespace kdump
