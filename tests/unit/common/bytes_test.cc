// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/bytes.h"

#include <gtest/gtest.h>

namespace kdump {
namespace {

TEST(AllZero, AcceptsZerosOfAnySize) {
  for (const size_t size : {0U, 1U, 15U, 16U, 17U, 4096U}) EXPECT_TRUE(all_zero(ByteVector(size))) << size;
}

// Every position matters: the first bytes are looked at one way, the rest another.
TEST(AllZero, FindsOneByteAnywhere) {
  for (const size_t position : {0U, 1U, 15U, 16U, 17U, 2047U, 4094U, 4095U}) {
    ByteVector page(4096);
    page[position] = std::byte{1};
    EXPECT_FALSE(all_zero(page)) << position;
  }
}

TEST(AllZero, RejectsAPageOfOneOtherValue) { EXPECT_FALSE(all_zero(ByteVector(4096, std::byte{0xff}))); }

TEST(BytesOf, ViewsTextAndBack) { EXPECT_EQ(text_of(bytes_of(std::string_view("KDUMP   "))), "KDUMP   "); }

}  // namespace
}  // namespace kdump
