// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/cursor.h"

#include <gtest/gtest.h>

#include "common/endian.h"

namespace kdump {
namespace {

constexpr std::string_view kData("\x01\x02\x03\x04name\0rest", 13);

TEST(Cursor, ReadsLayoutsInOrder) {
  Cursor cursor(bytes_of(kData), "core");
  EXPECT_EQ(cursor.read<le16>("first").value(), 0x0201);
  EXPECT_EQ(cursor.read<be16>("second").value(), 0x0304);
  EXPECT_EQ(cursor.c_string("name").value(), "name");
  EXPECT_EQ(text_of(cursor.bytes(4, "rest").value()), "rest");
  EXPECT_TRUE(cursor.at_end());
}

TEST(Cursor, NamesSourceOffsetAndFieldPastTheEnd) {
  Cursor cursor(bytes_of(kData), "core", 0x100);
  ASSERT_TRUE(cursor.skip(12, "start"));
  const auto result = cursor.read<le32>("e_type");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::corrupt);
  EXPECT_EQ(result.error().message(), "core: offset 0x10c: e_type: needs 4 bytes, 1 left");
}

TEST(Cursor, AFailedReadMovesNothing) {
  Cursor cursor(bytes_of(kData), "core");
  EXPECT_FALSE(cursor.bytes(UINT64_MAX, "huge"));
  EXPECT_EQ(cursor.offset(), 0U);
}

TEST(Cursor, SeekStopsAtTheEnd) {
  Cursor cursor(bytes_of(kData), "core");
  EXPECT_TRUE(cursor.seek(kData.size(), "end"));
  EXPECT_FALSE(cursor.seek(kData.size() + 1, "past the end"));
}

TEST(Cursor, AlignsFromItsStart) {
  Cursor cursor(bytes_of(kData), "core");
  ASSERT_TRUE(cursor.skip(5, "start"));
  ASSERT_TRUE(cursor.align(4, "padding"));
  EXPECT_EQ(cursor.offset(), 8U);
  ASSERT_TRUE(cursor.align(4, "padding"));
  EXPECT_EQ(cursor.offset(), 8U);
}

TEST(Cursor, StringWithoutAnEndIsCorrupt) {
  Cursor cursor(bytes_of(std::string_view("abc")), "core");
  EXPECT_FALSE(cursor.c_string("name"));
}

}  // namespace
}  // namespace kdump
