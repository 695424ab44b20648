// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/size_limit.h"

#include <gtest/gtest.h>

#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

const ByteVector kTen(10);

TEST(SizeLimit, APlaceIsFullAtItsLimitAndNotBefore) {
  test::MemorySink memory;
  LimitedPlace place(memory, 25);
  ASSERT_TRUE(place.allocate(0, 25));
  ASSERT_TRUE(place.write_at(15, kTen));
  for (const Status& refused : {place.write_at(16, kTen), place.allocate(0, 26)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::no_space);
  }
  EXPECT_EQ(memory.bytes.size(), 25U);
  ASSERT_TRUE(place.finish());
  EXPECT_TRUE(memory.finished);
}

TEST(SizeLimit, AStreamIsFullAtItsLimitAndBeginsAgainWithAllOfIt) {
  test::MemoryStream memory;
  LimitedStream stream(memory, 25);
  ASSERT_TRUE(stream.write(kTen));
  ASSERT_TRUE(stream.write(kTen));
  EXPECT_EQ(stream.write(kTen).error().kind(), ErrorKind::no_space);
  EXPECT_EQ(memory.bytes.size(), 20U);
  ASSERT_TRUE(stream.restart());
  ASSERT_TRUE(stream.write(kTen));
  ASSERT_TRUE(stream.write(kTen));
  ASSERT_TRUE(stream.finish());
  EXPECT_EQ(memory.bytes.size(), 20U);
}

}  // namespace
}  // namespace kdump
