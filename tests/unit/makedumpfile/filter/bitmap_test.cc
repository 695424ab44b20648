// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/bitmap.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace kdump {
namespace {

constexpr PfnRange kWindow{Pfn(640), Pfn(640 + 300)};

TEST(Bitmap, IsLaidOutAsTheFormatsStoreIt) {
  Bitmap bitmap({Pfn(0), Pfn(128)});
  bitmap.set(Pfn(0));
  bitmap.set(Pfn(9));
  bitmap.set(Pfn(127));
  ASSERT_EQ(bitmap.bytes().size(), 16U);
  EXPECT_EQ(bitmap.bytes()[0], std::byte{1});
  EXPECT_EQ(bitmap.bytes()[1], std::byte{2});
  EXPECT_EQ(bitmap.bytes()[15], std::byte{0x80});
}

TEST(Bitmap, RangesAreCutToTheWindow) {
  Bitmap bitmap(kWindow);
  bitmap.set_range({Pfn(0), Pfn(645)});
  bitmap.set_range({Pfn(930), Pfn(100000)});
  EXPECT_EQ(bitmap.count(), 15U);
  EXPECT_TRUE(bitmap.test(Pfn(644)));
  EXPECT_FALSE(bitmap.test(Pfn(645)));
  bitmap.set_range({Pfn(10), Pfn(20)});
  bitmap.set_range({Pfn(700), Pfn(700)});
  EXPECT_EQ(bitmap.count(), 15U);
}

TEST(Bitmap, ClearingTellsHowManyWereSet) {
  Bitmap bitmap(kWindow);
  bitmap.set_range({Pfn(650), Pfn(800)});
  EXPECT_EQ(bitmap.clear_range({Pfn(640), Pfn(660)}), 10U);
  EXPECT_EQ(bitmap.clear_range({Pfn(640), Pfn(660)}), 0U);
  EXPECT_EQ(bitmap.clear_range({Pfn(0), Pfn(10000)}), 140U);
}

TEST(Bitmap, BehavesLikeASet) {
  std::mt19937 random(1);
  Bitmap bitmap(kWindow);
  std::set<uint64_t> model;
  for (int i = 0; i < 500; ++i) {
    const uint64_t begin = 640 + random() % 300, end = begin + random() % 150;
    const bool set = random() % 2 == 0;
    if (set) {
      bitmap.set_range({Pfn(begin), Pfn(end)});
    } else {
      bitmap.clear_range({Pfn(begin), Pfn(end)});
    }
    for (uint64_t pfn = begin; pfn < std::min<uint64_t>(end, 940); ++pfn) {
      if (set) {
        model.insert(pfn);
      } else {
        model.erase(pfn);
      }
    }
    ASSERT_EQ(bitmap.count(), model.size());
    const uint64_t from = 640 + random() % 300;
    const auto next = model.lower_bound(from);
    ASSERT_EQ(bitmap.next_set(Pfn(from)), next == model.end() ? Pfn(940) : Pfn(*next));
  }
}

TEST(Bitmap, NextSetEndsAtTheWindow) {
  const Bitmap bitmap(kWindow);
  EXPECT_EQ(bitmap.next_set(Pfn(0)), Pfn(940));
  EXPECT_EQ(bitmap.next_set(Pfn(939)), Pfn(940));
  EXPECT_EQ(bitmap.next_set(Pfn(5000)), Pfn(940));
}

TEST(Bitmap, CountsARange) {
  Bitmap bitmap({Pfn(64), Pfn(64 + 300)});
  bitmap.set_range({Pfn(100), Pfn(300)});
  EXPECT_EQ(bitmap.count_range({Pfn(0), Pfn(1000)}), 200U);
  EXPECT_EQ(bitmap.count_range({Pfn(90), Pfn(110)}), 10U);
  EXPECT_EQ(bitmap.count_range({Pfn(299), Pfn(301)}), 1U);
  EXPECT_EQ(bitmap.count_range({Pfn(200), Pfn(200)}), 0U);
}

}  // namespace
}  // namespace kdump
