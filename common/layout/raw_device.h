// SPDX-License-Identifier: GPL-2.0-or-later
// A dump on a bare device, from its first byte:
//
//   [start block: 4096][the rest of the flattened stream, up to its end record] … [attachments, up to the
//   end]
//
// With the start block that common/layout/flattened.h describes it is a flattened stream, which any
// makedumpfile -R reads and which ends itself. Until the stream is whole and synced the block says
// kIncompleteSignature in its place, so that nobody takes a part for the whole.
//
// The small files beside a dump lie where no stream goes, in the last attachment_bytes() of the device, so
// that they are there without a dump too. Each is an AttachmentHeader in a block of its own, then its
// content, filled with zeros up to the next block, where the next one begins. The first block that is no
// header, or one of another crash (another `directory`), ends them. Big-endian.
#pragma once

#include <algorithm>

#include "common/endian.h"

namespace kdump::raw_device {

inline constexpr size_t kBlockSize = 4096;
inline constexpr char kIncompleteSignature[16] = {'k', 'd', 'u', 'm', 'p', ' ', 'i', 'n',
                                                  'c', 'o', 'm', 'p', 'l', 'e', 't', 'e'};
inline constexpr char kAttachmentSignature[16] = {'k', 'd', 'u', 'm', 'p', ' ', 'a', 't',
                                                  't', 'a', 'c', 'h', 'm', 'e', 'n', 't'};
inline constexpr uint64_t kAttachmentVersion = 1;
inline constexpr uint64_t kSmallestDevice = uint64_t{1} << 20;
inline constexpr uint64_t kMostAttachmentBytes = uint64_t{32} << 20;  // the longest log, as text

struct AttachmentHeader {
  char signature[16] = {};
  Big::u64 version;
  char directory[96] = {};  // of this crash, ends with NUL: "127.0.0.1-2026-11-21-03:00:07"
  char name[56] = {};       // of the file, ends with NUL
  Big::u64 size;            // of the content, bytes
  Big::u32 content_crc;     // CRC-32 as in zlib
  Big::u32 header_crc;      // of all fields before this one
};
static_assert(sizeof(AttachmentHeader) == 192);

// The part of a device of `size` bytes that is whole blocks.
constexpr uint64_t usable_bytes(uint64_t size) { return size / kBlockSize * kBlockSize; }

// A sixteenth of the device, 32 MiB at most.
constexpr uint64_t attachment_bytes(uint64_t size) {
  return std::min(kMostAttachmentBytes, size / 16 / kBlockSize * kBlockSize);
}

}  // namespace kdump::raw_device
