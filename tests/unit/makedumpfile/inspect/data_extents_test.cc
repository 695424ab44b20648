// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/data_extents.h"

#include <gtest/gtest.h>

namespace kdump {
namespace {

TEST(DataExtents, NeighboursInAnyOrderDoNotOverlap) {
  DataExtents extents;
  extents.add(100, 50);
  extents.add(150, 10);
  extents.add(0, 100);
  EXPECT_FALSE(extents.overlap());
}

TEST(DataExtents, FindsTheFirstStretchThatTwoClaim) {
  DataExtents extents;
  extents.add(100, 50);
  extents.add(500, 50);
  extents.add(549, 50);
  extents.add(90, 20);
  const auto found = extents.overlap();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->begin, 100U);
  EXPECT_EQ(found->end, 110U);
}

}  // namespace
}  // namespace kdump
