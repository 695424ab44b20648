// SPDX-License-Identifier: GPL-2.0-or-later
// A sound file with an input's changes: records of a place (16 bits), a count (8 bits) and so many bytes to
// be put there. So a small input reaches any part of a file of some pages, and one byte more or less leaves
// the others where they were.
#pragma once

#include <algorithm>

#include "common/bytes.h"
#include "common/endian.h"

namespace kdump::test {

inline ByteVector patched(ByteVector file, Bytes input) {
  while (input.size() > 3) {
    le16 place;
    std::copy_n(input.begin(), sizeof place, mutable_bytes_of(place).begin());
    const size_t count = std::min<size_t>(std::to_integer<size_t>(input[2]), input.size() - 3);
    for (size_t i = 0; i < count && place + i < file.size(); ++i) file[place + i] = input[3 + i];
    input = input.subspan(3 + count);
  }
  return file;
}

}  // namespace kdump::test
