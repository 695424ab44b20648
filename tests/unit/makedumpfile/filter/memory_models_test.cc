// SPDX-License-Identifier: GPL-2.0-or-later
// The same pages in every memory model that kernels are built with: a section with a free block and a huge
// page, and another section, behind a hole, with page cache.
#include <gmock/gmock.h>

#include "makedumpfile/filter/page_filter.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeStructPages;

constexpr uint64_t kSecondSection = 3;
constexpr uint64_t kSectionPages = 32768, kSectionBytes = kSectionPages * 64;
constexpr uint64_t kSecondPages = 64;               // of memory
constexpr uint64_t kSecondMap = uint64_t{9} << 20;  // where their struct pages lie

class MemoryModel : public ::testing::Test {
 protected:
  MemoryModel() {
    kernel.vmcore().add_memory(kSecondSection << 27, kSecondPages * 4096);
    pages.free_block(1024, 10);
    pages.flags(3072, FakeStructPages::kHead);
    pages.compound(3072, 9, 2);
    for (uint64_t i = 0; i < kSecondPages; ++i) put_cache(kSecondMap + i * 64);
  }
  // The struct page of a page of a file's cache.
  void put_cache(uint64_t at) {
    kernel.vmcore().put_value<le64>(at, FakeStructPages::kLru);
    kernel.vmcore().put_value<le64>(at + 24, 0xffff888000001000);
    kernel.vmcore().put_value<le64>(at + 48, 0x1'ffff'ffff);  // _mapcount -1, _refcount 1
  }
  // Makes the second section's struct pages appear at `va`.
  void map_second(uint64_t va) { kernel.map(va, kSecondMap, 12); }
  // The encoded map of a section whose struct pages begin at `va`.
  static uint64_t coded(uint64_t section, uint64_t va) { return va - section * kSectionBytes; }

  void expect_the_same_pages() {
    const auto info = kernel.info();
    ASSERT_TRUE(info) << info.error().message();
    const auto filter = PageFilter::create(*info, 31);
    ASSERT_TRUE(filter) << filter.error().message();
    ASSERT_EQ(filter->max_pfn(), Pfn(kSecondSection * kSectionPages + kSecondPages));
    const auto result = filter->classify(Pfn(0));
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->counts[PageClass::free], 1024U);
    EXPECT_EQ(result->counts[PageClass::user], 512U);
    EXPECT_EQ(result->counts[PageClass::cache], kSecondPages);
    EXPECT_EQ(result->unclassified, 0U);
    EXPECT_EQ(result->existing.count(), FakeStructPages::kPages + kSecondPages);
  }

  FakeKernel kernel;
  FakeStructPages pages{kernel};
};

// CONFIG_SPARSEMEM_EXTREME, CONFIG_SPARSEMEM_VMEMMAP: one map for all, with holes in it.
TEST_F(MemoryModel, SparseExtremeWithVmemmap) {
  map_second(FakeStructPages::kVmemmap + kSecondSection * kSectionBytes);
  pages.set_section(kSecondSection, FakeStructPages::kVmemmap | 0xf);
  expect_the_same_pages();
}

// Without vmemmap: each section's map wherever the allocator had room.
TEST_F(MemoryModel, SparseExtremeWithScatteredMaps) {
  constexpr uint64_t kFirst = 0xffff888012345000, kSecond = 0xffff888001000000;
  for (uint64_t at = 0; at < FakeStructPages::kPages * 64; at += 4096)
    kernel.map(kFirst + at, FakeStructPages::kPlace + at, 12);
  map_second(kSecond);
  pages.set_section(0, coded(0, kFirst) | 3);
  pages.set_section(kSecondSection, coded(kSecondSection, kSecond) | 3);
  expect_the_same_pages();
}

// CONFIG_SPARSEMEM_STATIC: mem_section is one array.
TEST_F(MemoryModel, SparseInOneArray) {
  kernel.replace_line("LENGTH(mem_section)", "LENGTH(mem_section)=524288");
  kernel.replace_line(
      "SYMBOL(mem_section)",
      fmt::format("SYMBOL(mem_section)={:x}", FakeKernel::kImageBase + FakeStructPages::kSections));
  map_second(0xffff888001000000);
  pages.set_section(kSecondSection, coded(kSecondSection, 0xffff888001000000) | 3);
  expect_the_same_pages();
}

// CONFIG_FLATMEM: one array for all pages from 0 on, also for those that are not there.
TEST_F(MemoryModel, Flat) {
  constexpr uint64_t kPointer = 0x400000;
  kernel.replace_line("SYMBOL(mem_section)",
                      fmt::format("SYMBOL(mem_map)={:x}", FakeKernel::kImageBase + kPointer));
  kernel.vmcore().put_value<le64>(kPointer, FakeStructPages::kVmemmap);
  map_second(FakeStructPages::kVmemmap + kSecondSection * kSectionBytes);
  expect_the_same_pages();
}

// A hugetlb page whose struct pages were freed (CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP). Every page of its
// vmemmap shows the first one, so that each has what looks like a head, a fake head.
TEST_F(MemoryModel, VmemmapWithFakeHeads) {
  constexpr uint64_t kHead = kSecondSection * kSectionPages, kPages = 512;
  constexpr uint64_t kMap = FakeStructPages::kVmemmap + kSecondSection * kSectionBytes;
  pages.set_section(kSecondSection, FakeStructPages::kVmemmap | 0xf);
  for (uint64_t at = 0; at < kPages * 64; at += 4096) map_second(kMap + at);
  for (uint64_t tail = 1; tail < 64; ++tail) {
    kernel.vmcore().put_value<le64>(kSecondMap + tail * 64, 0);
    kernel.vmcore().put_value<le64>(kSecondMap + tail * 64 + 8, kMap + 1);
  }
  kernel.vmcore().put_value<le64>(kSecondMap, FakeStructPages::kHead);
  kernel.vmcore().put_value(kSecondMap + 64 + 16, uint8_t{2});
  kernel.vmcore().put_value(kSecondMap + 64 + 17, uint8_t{9});
  kernel.vmcore().add_memory((kSecondSection << 27) + kSecondPages * 4096, (kPages - kSecondPages) * 4096);

  const auto info = kernel.info();
  const auto all = PageFilter::create(*info, 31), without_user = PageFilter::create(*info, 23);
  ASSERT_TRUE(all && without_user);
  const auto excluded = all->classify(Pfn(0)), kept = without_user->classify(Pfn(0));
  ASSERT_TRUE(excluded && kept);
  EXPECT_EQ(excluded->counts[PageClass::user], 512U + kPages);
  EXPECT_EQ(kept->counts[PageClass::user], 0U);
  for (uint64_t pfn = kHead; pfn < kHead + kPages; ++pfn) {
    ASSERT_FALSE(excluded->dumpable.test(Pfn(pfn))) << pfn - kHead;
    ASSERT_TRUE(kept->dumpable.test(Pfn(pfn))) << pfn - kHead;
  }
}

// From 7.1 on (8c846c879e22) the shared tails are real ones: compound_info holds the mask that leads to the
// head.
TEST_F(MemoryModel, VmemmapWithSharedTails) {
  constexpr uint64_t kHead = kSecondSection * kSectionPages, kPages = 512, kTails = kSecondMap + 4096;
  constexpr uint64_t kMap = FakeStructPages::kVmemmap + kSecondSection * kSectionBytes;
  constexpr uint64_t kMask = ~(kPages * 64 - 1);
  kernel.replace_line("OFFSET(page.compound_head)", "OFFSET(page.compound_info)=8");
  pages.set_section(kSecondSection, FakeStructPages::kVmemmap | 0x3f);
  map_second(kMap);
  for (uint64_t at = 4096; at < kPages * 64; at += 4096) kernel.map(kMap + at, kTails, 12);
  for (uint64_t i = 1; i < 128; ++i) {
    kernel.vmcore().put_value<le64>(kSecondMap + i * 64, 0);
    kernel.vmcore().put_value<le64>(kSecondMap + i * 64 + 8, kMask | 1);
  }
  kernel.vmcore().put_value<le64>(kTails + 8, kMask | 1);
  kernel.vmcore().put_value<le64>(kSecondMap, FakeStructPages::kHead);
  kernel.vmcore().put_value(kSecondMap + 64 + 16, uint8_t{2});
  kernel.vmcore().put_value(kSecondMap + 64 + 17, uint8_t{9});
  // -1 counts in mapping's place: kept all the same, when the huge page is.
  kernel.vmcore().put_value<le64>(kSecondMap + 64 + 24, UINT64_MAX);
  kernel.vmcore().add_memory((kSecondSection << 27) + kSecondPages * 4096, (kPages - kSecondPages) * 4096);

  const auto info = kernel.info();
  const auto all = PageFilter::create(*info, 31), without_user = PageFilter::create(*info, 23);
  ASSERT_TRUE(all && without_user);
  EXPECT_EQ(all->classify(Pfn(0))->counts[PageClass::user], 512U + kPages);
  EXPECT_TRUE(without_user->classify(Pfn(0))->dumpable.test(Pfn(kHead + 1)));
}

}  // namespace
}  // namespace kdump
