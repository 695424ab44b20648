// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/window_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace kdump {
namespace {

constexpr uint64_t kWindow = PageFilter::kWindowPages;

// Every window has one dumpable page: the window's number is its place.
Result<WindowResult> one_page(Pfn window, Pfn max_pfn) {
  const PfnRange range{window, std::min(window + kWindow, max_pfn)};
  WindowResult result{Bitmap(range), Bitmap(range), {}};
  result.dumpable.set(window + window.value() / kWindow);
  return result;
}

class WindowScanTest : public testing::TestWithParam<unsigned> {};

TEST_P(WindowScanTest, BothPassesSeeEveryWindowInOrder) {
  const Pfn max_pfn(kWindow * 70 + 1000);
  WindowScan scan([&](Pfn window) { return one_page(window, max_pfn); }, max_pfn, GetParam());
  std::vector<Pfn> first;
  ASSERT_TRUE(scan.first_pass([&](const WindowResult& result) -> Status {
    first.push_back(result.dumpable.next_set(result.dumpable.window().begin));
    return {};
  }));
  ASSERT_EQ(first.size(), 71U);
  WindowScan::Pass pass = scan.pass();
  std::vector<Pfn> second;
  while (const Bitmap* bitmap = pass.next().value())
    second.push_back(bitmap->next_set(bitmap->window().begin));
  EXPECT_EQ(second, first);
  EXPECT_TRUE(std::ranges::is_sorted(first));
}

TEST_P(WindowScanTest, SmallMachinesAreClassifiedOnce) {
  const Pfn max_pfn(kWindow * 5);
  std::atomic<int> calls = 0;
  const auto classify = [&](Pfn window) {
    ++calls;
    return one_page(window, max_pfn);
  };
  WindowScan scan(classify, max_pfn, GetParam());
  ASSERT_TRUE(scan.first_pass([](const WindowResult&) -> Status { return {}; }));
  WindowScan::Pass pass = scan.pass();
  while (pass.next().value() != nullptr) {
  }
  EXPECT_EQ(calls, 5);
}

TEST_P(WindowScanTest, PassesErrorsOn) {
  const Pfn max_pfn(kWindow * 5);
  const auto classify = [&](Pfn window) -> Result<WindowResult> {
    if (window == Pfn(kWindow * 3)) return fail("no struct pages");
    return one_page(window, max_pfn);
  };
  WindowScan scan(classify, max_pfn, GetParam());
  const Status pass = scan.first_pass([](const WindowResult&) -> Status { return {}; });
  ASSERT_FALSE(pass);
  EXPECT_EQ(pass.error().message(), "no struct pages");
}

INSTANTIATE_TEST_SUITE_P(Threads, WindowScanTest, testing::Values(1, 2, 5));

}  // namespace
}  // namespace kdump
