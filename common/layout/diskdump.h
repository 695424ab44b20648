// SPDX-License-Identifier: GPL-2.0-or-later
// The kdump-compressed format, header version 6, as 64-bit producers write it. Names as in crash's diskdump.h
// and makedumpfile's diskdump_mod.h. A file is, in blocks of block_size bytes:
//   [disk_dump_header: 1][kdump_sub_header and notes: sub_hdr_size][bitmap 1][bitmap 2: together
//   bitmap_blocks] [page_desc x pages dumped][page data] — descriptors in ascending order of the pfns set in
//   bitmap 2.
#pragma once

#include "common/endian.h"

namespace kdump::diskdump {

inline constexpr char kSignature[8] = {'K', 'D', 'U', 'M', 'P', ' ', ' ', ' '};
inline constexpr int32_t kHeaderVersion = 6;

// disk_dump_header.status
inline constexpr uint32_t DUMP_DH_COMPRESSED_ZLIB = 0x1;
inline constexpr uint32_t DUMP_DH_COMPRESSED_LZO = 0x2;
inline constexpr uint32_t DUMP_DH_COMPRESSED_SNAPPY = 0x4;
inline constexpr uint32_t DUMP_DH_COMPRESSED_INCOMPLETE = 0x8;
inline constexpr uint32_t DUMP_DH_EXCLUDED_VMEMMAP = 0x10;
inline constexpr uint32_t DUMP_DH_COMPRESSED_ZSTD = 0x20;

inline constexpr size_t kUtsFieldSize = 65;

struct UtsName {
  char sysname[kUtsFieldSize];
  char nodename[kUtsFieldSize];
  char release[kUtsFieldSize];
  char version[kUtsFieldSize];
  char machine[kUtsFieldSize];
  char domainname[kUtsFieldSize];
};
static_assert(sizeof(UtsName) == 390);

template <typename E>
struct DiskDumpHeader {
  char signature[8];
  typename E::i32 header_version;
  UtsName utsname;
  char padding[6];
  typename E::i64 timestamp_sec;
  typename E::i64 timestamp_usec;
  typename E::u32 status;
  typename E::i32 block_size;    // bytes, the page size
  typename E::i32 sub_hdr_size;  // blocks
  typename E::u32 bitmap_blocks;
  typename E::u32 max_mapnr;  // min(max_mapnr_64, 2^32 - 1)
  typename E::u32 total_ram_blocks;
  typename E::u32 device_blocks;
  typename E::u32 written_blocks;
  typename E::u32 current_cpu;
  typename E::i32 nr_cpus;
};
static_assert(sizeof(DiskDumpHeader<Little>) == 464);

template <typename E>
struct KdumpSubHeader {
  typename E::u64 phys_base;
  typename E::i32 dump_level;
  typename E::i32 split;
  typename E::u64 start_pfn;
  typename E::u64 end_pfn;
  typename E::u64 offset_vmcoreinfo;  // bytes from the start of the file; 0 when there is none
  typename E::u64 size_vmcoreinfo;
  typename E::u64 offset_note;
  typename E::u64 size_note;
  typename E::u64 offset_eraseinfo;
  typename E::u64 size_eraseinfo;
  typename E::u64 start_pfn_64;
  typename E::u64 end_pfn_64;
  typename E::u64 max_mapnr_64;
};
static_assert(sizeof(KdumpSubHeader<Little>) == 104);

template <typename E>
struct PageDesc {
  typename E::i64 offset;  // of the page's data from the start of the file; 0: the page is lost
  typename E::u32 size;    // bytes stored
  typename E::u32 flags;   // 0 raw, else one of the DUMP_DH_COMPRESSED_ codec bits
  typename E::u64 page_flags;
};
static_assert(sizeof(PageDesc<Little>) == 24);

}  // namespace kdump::diskdump
