// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile's flattened stream: a file as a sequence of records {offset, size, data}, for targets that
// cannot seek. The start header fills kStartBlockSize bytes; a record with offset and size -1 ends the
// stream. Always big-endian.
#pragma once

#include "common/endian.h"

namespace kdump::flattened {

inline constexpr char kSignature[16] = {'m', 'a', 'k', 'e', 'd', 'u', 'm', 'p', 'f', 'i', 'l', 'e'};
inline constexpr int64_t kType = 1;
inline constexpr int64_t kVersion = 1;
inline constexpr size_t kStartBlockSize = 4096;
inline constexpr int64_t kEndMark = -1;
// So many records without data, one after the other, are in no stream: they are the zeros behind one that was
// cut off, and there may be very many.
inline constexpr uint64_t kMaxEmptyRecords = 4096;

struct StartHeader {
  char signature[16] = {};
  Big::i64 type;
  Big::i64 version;
};
static_assert(sizeof(StartHeader) == 32);

struct RecordHeader {
  Big::i64 offset;  // in the file the stream stands for, bytes
  Big::i64 size;    // bytes of data that follow
};
static_assert(sizeof(RecordHeader) == 16);

}  // namespace kdump::flattened
