// SPDX-License-Identifier: GPL-2.0-or-later
// What the headers of a kdump-compressed file say (common/layout/diskdump.h), of versions 1 to 6 and either
// byte order: checked, and in our own byte order. Writers differ: makedumpfile has two bitmaps and notes,
// QEMU's dump-guest-memory the same with an utsname that names only the machine; diskdump's own files have
// one bitmap, and versions before 4 no notes but VMCOREINFO's text at most.
#pragma once

#include <optional>
#include <string>

#include "common/layout/diskdump.h"
#include "common/units.h"
#include "makedumpfile/vmcore/byte_source.h"

namespace kdump {

struct FileExtent {
  uint64_t offset = 0;  // from the start of the file, bytes
  uint64_t size = 0;    // 0: there is none
};

struct KdumpHeaders {
  int32_t version = 0;
  bool big_endian = false;
  uint64_t block_size = 0;      // bytes, the page size
  diskdump::UtsName utsname{};  // every field ends in a NUL
  int64_t crash_time = 0;       // seconds since the epoch
  uint32_t status = 0;          // DUMP_DH_…
  uint32_t cpus = 0;
  Pfn max_pfn;  // one past the highest page
  uint64_t phys_base = 0;
  int dump_level = 0;
  bool split = false;  // one of the files of a split dump:
  PfnRange part;       // the pages whose descriptors it holds; all where it is not split
  FileExtent vmcoreinfo, notes, eraseinfo;
  uint64_t bitmap1 = 0, bitmap2 = 0;  // offsets; the same where the file has only one
  uint64_t bitmap_bytes = 0;          // of one of them, whole blocks
  uint64_t descriptors = 0;           // offset

  [[nodiscard]] bool incomplete() const { return (status & diskdump::DUMP_DH_COMPRESSED_INCOMPLETE) != 0; }
  // elf::EM_… of utsname.machine, 0 for one that is not known. QEMU leaves all else empty; a producer that
  // did not know the name either is taken for what they all are, x86_64.
  [[nodiscard]] uint16_t machine() const;
};

// Errors name the file, the offset and the field: ErrorKind::corrupt, or ErrorKind::unsupported for dumps of
// 32-bit kernels. What the headers place in the file lies in it, but for descriptors and pages: a dump that
// was cut off still has its headers.
Result<KdumpHeaders> read_kdump_headers(const ByteSource& source);

// The same of the file at `path`, to check one that came from elsewhere; nothing for what is no
// kdump-compressed file, or one that is not supported.
Result<std::optional<KdumpHeaders>> find_kdump_headers(const std::string& path);

}  // namespace kdump
