// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/endian.h"

#include <gtest/gtest.h>

#include "common/bytes.h"

namespace kdump {
namespace {

TEST(EndianInteger, StoresItsOwnOrder) {
  const le32 little = 0x01020304U;
  const be32 big = 0x01020304U;
  EXPECT_EQ(text_of(bytes_of(little)), "\x04\x03\x02\x01");
  EXPECT_EQ(text_of(bytes_of(big)), "\x01\x02\x03\x04");
  EXPECT_EQ(little, big);
}

TEST(EndianInteger, KeepsSignedValues) {
  const Big::i64 end_mark = -1;
  EXPECT_EQ(end_mark, -1);
}

}  // namespace
}  // namespace kdump
