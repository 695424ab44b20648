// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/erased_memory.h"

#include <gmock/gmock.h>

namespace kdump {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kMany = 3 * ErasedMemory::kMaxRanges;

PhysRange range(uint64_t begin, uint64_t size) { return {PhysAddr(begin), PhysAddr(begin + size)}; }

TEST(ErasedMemory, MergesWhatTouches) {
  ErasedMemory memory;
  ASSERT_TRUE(memory.add(range(100, 10), EraseFill::poison));
  ASSERT_TRUE(memory.add(range(50, 10), EraseFill::poison));
  ASSERT_TRUE(memory.add(range(60, 45), EraseFill::poison));
  ASSERT_TRUE(memory.add(range(55, 2), EraseFill::zero));
  memory.finish();
  EXPECT_THAT(memory.ranges(EraseFill::poison), ElementsAre(range(50, 60)));
  EXPECT_THAT(memory.ranges(EraseFill::zero), ElementsAre(range(55, 2)));
  EXPECT_EQ(memory.bytes(), 62U);
}

TEST(ErasedMemory, ManyPlacesThatTouchAreFew) {
  ErasedMemory memory;
  for (uint64_t i = 0; i < kMany; ++i) ASSERT_TRUE(memory.add(range(8 * (kMany - i), 8), EraseFill::poison));
  memory.finish();
  EXPECT_THAT(memory.ranges(EraseFill::poison), ElementsAre(range(8, 8 * kMany)));
}

TEST(ErasedMemory, ThereIsAnEndOfSeparatePlaces) {
  ErasedMemory memory;
  Status added;
  for (uint64_t i = 0; i < kMany && added; ++i)
    added = memory.add(range(16 * i, 8), i % 2 == 0 ? EraseFill::poison : EraseFill::zero);
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message(), HasSubstr("more than 196608 separate places are to be erased"));
}

}  // namespace
}  // namespace kdump
