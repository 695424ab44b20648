// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/zero_runs.h"

#include <gtest/gtest.h>

#include "tests/unit/makedumpfile/support/fake_vmcore.h"

namespace kdump {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kPages = 4096;

// A window of 4096 pages, all of them kept and filled with something.
class ZeroRunsTest : public testing::Test {
 protected:
  ZeroRunsTest() {
    vmcore_.add_memory(0, kPages * kPage);
    const ByteVector full(kPages * kPage, std::byte{1});
    vmcore_.put(0, full);
    window_.existing.set_range(window_.existing.window());
    window_.dumpable.set_range(window_.dumpable.window());
  }

  void clear(uint64_t begin, uint64_t end) { vmcore_.put(begin * kPage, ByteVector((end - begin) * kPage)); }

  // The pages that are left out.
  std::vector<uint64_t> left_out() {
    const Bitmap before = window_.dumpable;
    leave_out_zero_runs(vmcore_, kPage, window_);
    std::vector<uint64_t> gone;
    for (Pfn pfn; pfn < Pfn(kPages); ++pfn)
      if (before.test(pfn) && !window_.dumpable.test(pfn)) gone.push_back(pfn.value());
    EXPECT_EQ(window_.counts[PageClass::zero], gone.size());
    return gone;
  }

  test::FakeVmcore vmcore_;
  WindowResult window_{Bitmap({Pfn(0), Pfn(kPages)}), Bitmap({Pfn(0), Pfn(kPages)}), {}};
};

std::vector<uint64_t> pages(uint64_t begin, uint64_t end) {
  std::vector<uint64_t> numbers;
  for (uint64_t pfn = begin; pfn < end; ++pfn) numbers.push_back(pfn);
  return numbers;
}

TEST_F(ZeroRunsTest, FindsEveryRunOf256Pages) {
  // Wherever it lies.
  for (const uint64_t begin : {0U, 1U, 255U, 256U, 300U, 511U, 3840U}) {
    clear(begin, begin + 256);
    EXPECT_EQ(left_out(), pages(begin, begin + 256)) << begin;
    vmcore_.put(begin * kPage, ByteVector(256 * kPage, std::byte{1}));
    window_.dumpable.set_range(window_.dumpable.window());
    window_.counts = {};
  }
}

TEST_F(ZeroRunsTest, KeepsShorterOnes) {
  clear(256, 511);
  clear(1000, 1255);
  clear(2000, 2001);
  EXPECT_TRUE(left_out().empty());
}

TEST_F(ZeroRunsTest, PagesThatAreLeftOutAnywayCountAsZero) {
  clear(600, 700);
  window_.dumpable.clear_range({Pfn(700), Pfn(860)});
  EXPECT_EQ(left_out(), pages(600, 700));
}

TEST_F(ZeroRunsTest, ReadsFewPagesWhereThereAreNoZeros) {
  // What is not read cannot fail.
  for (uint64_t pfn = 1; pfn < kPages; ++pfn)
    if (pfn % 256 != 0) vmcore_.break_page(pfn * kPage);
  EXPECT_TRUE(left_out().empty());
}

TEST_F(ZeroRunsTest, AnUnreadablePageIsNoZeroPage) {
  clear(512, 1024);
  vmcore_.break_page(700 * kPage);
  EXPECT_EQ(left_out(), pages(701, 1024));
}

}  // namespace
}  // namespace kdump
