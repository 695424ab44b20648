// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace kdump {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnce) {
  for (const unsigned threads : {1U, 2U, 7U}) {
    std::vector<std::atomic<int>> visits(1000);
    EXPECT_TRUE(parallel_for(visits.size(), threads, [&](size_t i) -> Status {
      ++visits[i];
      return {};
    }));
    for (const auto& count : visits) EXPECT_EQ(count, 1);
  }
}

TEST(ParallelFor, ReportsTheLowestFailure) {
  for (const unsigned threads : {1U, 2U, 7U}) {
    const Status status = parallel_for(1000, threads, [](size_t i) -> Status {
      if (i % 100 == 42) return fail("index {}", i);
      return {};
    });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "index 42");
  }
}

TEST(ParallelFor, NothingToDoSucceeds) {
  EXPECT_TRUE(parallel_for(0, 4, [](size_t) -> Status { return fail("called"); }));
}

}  // namespace
}  // namespace kdump
