// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/page_filter.h"

#include <gmock/gmock.h>

#include "common/parallel.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"
#include "tests/unit/makedumpfile/support/fake_zones.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeStructPages;
using ::testing::Contains;
using ::testing::HasSubstr;

// A dump of the same memory, made by a filter that left some pages out.
class FilteredVmcore : public Vmcore {
 public:
  FilteredVmcore(const Vmcore& whole, std::vector<PfnRange> excluded)
      : whole_(whole), excluded_(std::move(excluded)) {}

  [[nodiscard]] const std::string& name() const override { return whole_.name(); }
  [[nodiscard]] uint16_t machine() const override { return whole_.machine(); }
  [[nodiscard]] const MemoryMap& memory_map() const override { return whole_.memory_map(); }
  [[nodiscard]] const Notes& notes() const override { return whole_.notes(); }
  [[nodiscard]] Result<std::vector<PfnRange>> excluded_earlier(PfnRange /*window*/,
                                                               unsigned /*page_shift*/) const override {
    return excluded_;
  }
  Status read(PhysAddr addr, MutableBytes out) const override { return whole_.read(addr, out); }

 private:
  const Vmcore& whole_;
  std::vector<PfnRange> excluded_;
};

class PageFilterTest : public ::testing::Test {
 protected:
  // A filter at `level`; call once.
  Result<PageFilter> filter(int level) {
    info_ = kernel.info();
    EXPECT_TRUE(info_) << info_.error().message();
    return PageFilter::create(*info_, level);
  }
  WindowResult classify(int level, uint64_t window = 0) {
    auto made = filter(level);
    EXPECT_TRUE(made) << made.error().message();
    auto result = made->classify(Pfn(window));
    EXPECT_TRUE(result) << result.error().message();
    return std::move(*result);
  }

  FakeKernel kernel;
  FakeStructPages pages{kernel};
  Result<KernelInfo> info_ = fail("not read yet");
};

TEST_F(PageFilterTest, ExcludesRunsAndSkipsWhatIsInThem) {
  pages.free_block(1024, 10);
  pages.flags(1030, FakeStructPages::kHwpoison);  // stale, inside the free block
  pages.flags(3072, FakeStructPages::kHead);
  pages.mapping(3072, 1);
  pages.compound(3072, 9);
  pages.cache(3000);
  const WindowResult result = classify(31);
  EXPECT_EQ(result.existing.count(), 4096U);
  EXPECT_EQ(result.counts[PageClass::free], 1024U);
  EXPECT_EQ(result.counts[PageClass::user], 512U);
  EXPECT_EQ(result.counts[PageClass::cache], 1U);
  EXPECT_EQ(result.counts[PageClass::hwpoison], 0U);
  EXPECT_EQ(result.counts[PageClass::kept], 4096U - 1024 - 512 - 1);
  EXPECT_EQ(result.dumpable.count(), result.counts[PageClass::kept]);
  EXPECT_FALSE(result.dumpable.test(Pfn(1024)));
  EXPECT_FALSE(result.dumpable.test(Pfn(2047)));
  EXPECT_FALSE(result.dumpable.test(Pfn(3583)));
  EXPECT_TRUE(result.dumpable.test(Pfn(3584)));
  EXPECT_EQ(result.unclassified, 0U);
}

TEST_F(PageFilterTest, WhatTheInputDoesNotHoldIsClassifiedAndCountedApart) {
  pages.free_block(1024, 10);
  pages.cache(3000);
  ASSERT_TRUE(kernel.info());
  const FilteredVmcore dump(kernel.vmcore(), {{Pfn(1024), Pfn(1040)}, {Pfn(3000), Pfn(3002)}});
  info_ = read_kernel_info(dump);
  ASSERT_TRUE(info_) << info_.error().message();
  const auto made = PageFilter::create(*info_, 31);
  ASSERT_TRUE(made) << made.error().message();
  const auto result = made->classify(Pfn(0));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->existing.count(), 4096U);
  EXPECT_EQ(result->counts[PageClass::earlier], 18U);
  EXPECT_EQ(result->earlier[PageClass::free], 16U);
  EXPECT_EQ(result->counts[PageClass::free], 1024U - 16);
  EXPECT_EQ(result->earlier[PageClass::cache], 1U);
  EXPECT_EQ(result->counts[PageClass::cache], 0U);
  EXPECT_EQ(result->counts[PageClass::kept], 4096U - 1024 - 2);
  EXPECT_EQ(result->dumpable.count(), 4096U - 1024 - 2);
  EXPECT_FALSE(result->dumpable.test(Pfn(3001)));
}

TEST_F(PageFilterTest, PagesThatNoSectionDescribesAreKept) {
  constexpr uint64_t kLastSection = 9;
  kernel.vmcore().add_memory(uint64_t{1} << 30, uint64_t{8192});  // another window
  kernel.vmcore().add_memory(kLastSection << 27, uint64_t{4096});
  pages.set_section(kLastSection, FakeStructPages::kVmemmap | 3);
  const WindowResult result = classify(16, PageFilter::kWindowPages);
  EXPECT_EQ(result.existing.count(), 3U);
  EXPECT_EQ(result.existing.window(),
            (PfnRange{Pfn(PageFilter::kWindowPages), Pfn((kLastSection << 15) + 1)}));
  EXPECT_EQ(result.counts[PageClass::kept], 3U);
  EXPECT_EQ(result.unclassified, 1U);  // of the section whose struct pages are not mapped
}

TEST_F(PageFilterTest, PagesInsideACompoundPageAreNotLookedAt) {
  pages.free_block(4095, 0);
  pages.free_block(0, 10);
  pages.flags(2048, FakeStructPages::kHead);
  pages.compound(2048, 11, 2);  // hugetlb
  const WindowResult result = classify(31);
  // Not the last page, whose struct page is stale.
  EXPECT_EQ(result.counts[PageClass::free] + result.rescued[PageClass::free], 1024U);
  EXPECT_EQ(result.counts[PageClass::user] + result.rescued[PageClass::user], 2048U);
  EXPECT_EQ(result.dumpable.count(), 1024U + result.counts[PageClass::protected_]);
}

TEST_F(PageFilterTest, LevelsUpToOneLeaveOutPoisonedAndOfflinePages) {
  pages.flags(100, FakeStructPages::kHwpoison);
  pages.mapcount(200, FakeStructPages::kOffline);
  pages.free_block(1024, 10);
  const WindowResult result = classify(0);
  EXPECT_EQ(result.counts[PageClass::hwpoison], 1U);
  EXPECT_EQ(result.counts[PageClass::offline], 1U);
  EXPECT_EQ(result.counts[PageClass::kept], 4094U);
}

// makedumpfile looks for them at levels 0 and 1 only when the kernel tells PG_hwpoison, which kernels without
// memory failure handling do not have; then a balloon's pages are read.
TEST_F(PageFilterTest, OfflinePagesAreLeftOutOfKernelsWithoutHwpoison) {
  pages.mapcount(200, FakeStructPages::kOffline);
  kernel.replace_line("NUMBER(PG_hwpoison)", "");
  const WindowResult result = classify(0);
  EXPECT_EQ(result.counts[PageClass::offline], 1U);
  EXPECT_FALSE(result.dumpable.test(Pfn(200)));
}

// makedumpfile looks at heads only.
TEST_F(PageFilterTest, APoisonedTailOfAKeptHugePageIsLeftOut) {
  for (const int level : {0, 1, 23}) {
    FakeKernel another;
    FakeStructPages its_pages(another);
    its_pages.flags(3072, FakeStructPages::kHead);
    its_pages.compound(3072, 9, 2);
    its_pages.flags(3100, FakeStructPages::kHwpoison);
    const auto info = another.info();
    const auto made = PageFilter::create(*info, level);
    ASSERT_TRUE(made);
    const auto result = made->classify(Pfn(0));
    EXPECT_FALSE(result->dumpable.test(Pfn(3100))) << level;
    EXPECT_TRUE(result->dumpable.test(Pfn(3101))) << level;
  }
}

// makedumpfile ends without a dump: "Can't read the buffer of struct page."
TEST_F(PageFilterTest, OneBadBatchOfStructPagesCostsNoOther) {
  for (uint64_t pfn = 0; pfn < 4096; pfn += 64) pages.free_block(pfn, 6);
  kernel.vmcore().break_page(FakeStructPages::kPlace + uint64_t{1024} * 64);
  kernel.vmcore().break_page(FakeStructPages::kPlace + uint64_t{2560} * 64);
  const WindowResult result = classify(31);
  EXPECT_EQ(result.unclassified, 128U);
  EXPECT_EQ(result.counts[PageClass::free] + result.rescued[PageClass::free], 4096U - 128);
  EXPECT_TRUE(result.dumpable.test(Pfn(1024)));
  EXPECT_TRUE(result.dumpable.test(Pfn(1087)));
  EXPECT_FALSE(result.dumpable.test(Pfn(1088)));
  EXPECT_TRUE(result.dumpable.test(Pfn(2560)));
}

TEST_F(PageFilterTest, ARunOfPagesGoesOnOverStructPagesThatCannotBeRead) {
  pages.free_block(1024, 10);
  kernel.vmcore().break_page(FakeStructPages::kPlace + uint64_t{1536} * 64);
  const WindowResult result = classify(31);
  EXPECT_EQ(result.unclassified, 0U);
  EXPECT_EQ(result.counts[PageClass::free], 1024U);
}

// vmemmap is at 8 MiB: pages 2048 to 2559. Below are five page tables and the four pages of mem_section's
// roots, of which the second has the sections, too.
constexpr uint64_t kTables = 5 + 4;

TEST_F(PageFilterTest, ProtectedPagesStayAtEveryLevelAndAreCounted) {
  pages.free_block(2048, 8);  // all of it protected
  pages.cache(2400);
  pages.mapcount(2401, FakeStructPages::kOffline);
  pages.free_block(2560, 9);
  const WindowResult result = classify(31);
  EXPECT_EQ(result.rescued[PageClass::free], 256U);
  EXPECT_EQ(result.rescued[PageClass::cache], 1U);
  EXPECT_EQ(result.rescued[PageClass::offline], 1U);
  EXPECT_EQ(result.counts[PageClass::free], 512U);
  EXPECT_EQ(result.counts[PageClass::cache], 0U);
  EXPECT_EQ(result.counts[PageClass::kept], 4096U - 512);
  for (const uint64_t pfn : {2048U, 2303U, 2400U, 2401U}) EXPECT_TRUE(result.dumpable.test(Pfn(pfn)));
  EXPECT_FALSE(result.dumpable.test(Pfn(2560)));
}

TEST_F(PageFilterTest, OfABlockAroundProtectedPagesTheRestGoes) {
  pages.free_block(0, 10);  // page tables and mem_section are in it
  const WindowResult result = classify(31);
  EXPECT_EQ(result.rescued[PageClass::free], kTables);
  EXPECT_EQ(result.counts[PageClass::free], 1024U - kTables);
  for (const uint64_t pfn : {255U, 261U}) EXPECT_FALSE(result.dumpable.test(Pfn(pfn)));
  for (const uint64_t pfn : {256U, 260U}) EXPECT_TRUE(result.dumpable.test(Pfn(pfn)));
}

TEST_F(PageFilterTest, APoisonedPageIsNotProtected) {
  pages.flags(2100, FakeStructPages::kHwpoison);
  const WindowResult result = classify(0);
  EXPECT_EQ(result.counts[PageClass::hwpoison], 1U);
  EXPECT_EQ(result.rescued[PageClass::hwpoison], 0U);
  EXPECT_FALSE(result.dumpable.test(Pfn(2100)));
}

TEST_F(PageFilterTest, ProtectedPagesAreAmongTheKeptOnes) {
  pages.flags(2100, FakeStructPages::kHwpoison);
  const auto made = filter(31);
  ASSERT_TRUE(made);
  const auto result = made->classify(Pfn(0));
  EXPECT_EQ(made->protected_pages().pages(), 512 + kTables);
  EXPECT_EQ(result->counts[PageClass::protected_], 512 + kTables - 1);
}

// A sound batch, one of struct pages that look like free pages in use, and one of which only a few do.
TEST_F(PageFilterTest, ABatchThatContradictsTheRulesIsKept) {
  pages.free_block(0, 7);
  for (uint64_t pfn = 1024; pfn < 2048; ++pfn) {
    pages.free_block(pfn, 0);
    if (pfn % 4 == 0) pages.references(pfn, 7);
  }
  for (uint64_t pfn = 3072; pfn < 4096; ++pfn) pages.cache(pfn);
  for (uint64_t pfn = 3100; pfn < 3110; ++pfn) pages.references(pfn, 0);
  const WindowResult result = classify(31);
  EXPECT_EQ(result.counts[PageClass::free], 128U);
  EXPECT_EQ(result.counts[PageClass::cache], 1014U);
  EXPECT_EQ(result.counts[PageClass::kept], 4096U - 128 - 1014);
  EXPECT_EQ(result.dumpable.count(), result.counts[PageClass::kept]);
  for (uint64_t pfn = 1024; pfn < 2048; ++pfn) ASSERT_TRUE(result.dumpable.test(Pfn(pfn)));
  EXPECT_EQ(result.evidence.bad_batches, 1U);
  EXPECT_EQ(result.evidence.bad_batch_doubts[PageClass::free], 256U);
  EXPECT_EQ(result.evidence.bad_batch_pages[PageClass::free], 768U);
  EXPECT_EQ(result.evidence.doubtful(PageClass::free), 0U);
  EXPECT_EQ(result.evidence.doubtful(PageClass::cache), 10U);
}

// What a hugetlb page takes beyond its batch comes back with the batch.
TEST_F(PageFilterTest, ABadBatchEndsWhereItsLastPageEnds) {
  for (uint64_t pfn = 0; pfn < 1024; ++pfn) {
    pages.free_block(pfn, 0);
    pages.references(pfn, 1);
  }
  pages.mapcount(512, UINT32_MAX);
  pages.flags(512, FakeStructPages::kHead);
  pages.compound(512, 9, 2);
  pages.flags(1024, FakeStructPages::kHead);
  pages.compound(1024, 10, 2);
  const WindowResult result = classify(31);
  EXPECT_EQ(result.counts[PageClass::user], 1024U);
  EXPECT_EQ(result.evidence.hugetlb, 1024U);
  EXPECT_EQ(result.dumpable.count(), 4096U - 1024);
  EXPECT_TRUE(result.dumpable.test(Pfn(600)));
}

TEST_F(PageFilterTest, StructPagesThatWereNeverInitialisedKeepTheirPages) {
  pages.free_block(0, 10);
  kernel.vmcore().put(FakeStructPages::kPlace + uint64_t{1024} * 64,
                      ByteVector(size_t{1024} * 64, std::byte{0xff}));
  auto made = filter(31);
  ASSERT_TRUE(made);
  for (const int level : {0, 31}) {
    made->apply(level);
    const auto result = made->classify(Pfn(0));
    ASSERT_TRUE(result);
    for (uint64_t pfn = 1024; pfn < 2048; ++pfn) ASSERT_TRUE(result->dumpable.test(Pfn(pfn)));
    EXPECT_EQ(result->counts[PageClass::hwpoison], 0U);
    EXPECT_EQ(result->evidence.bad_batches, 0U);
    EXPECT_EQ(result->evidence.doubtful(PageClass::kept), 1024U);
  }
}

TEST_F(PageFilterTest, OtherRulesApplyFromNowOn) {
  pages.free_block(0, 10);
  pages.cache(2000);
  auto made = filter(31);
  ASSERT_TRUE(made);
  made->apply(15);
  const auto result = made->classify(Pfn(0));
  EXPECT_EQ(result->counts[PageClass::free], 0U);
  EXPECT_EQ(result->counts[PageClass::cache], 1U);
}

TEST_F(PageFilterTest, GivesTheSameFromEveryThread) {
  for (uint64_t pfn = 0; pfn < 4096; pfn += 3) pages.cache(pfn);
  const auto made = filter(31);
  ASSERT_TRUE(made);
  const auto first = made->classify(Pfn(0));
  const Status all = parallel_for(16, 4, [&](size_t) -> Status {
    const auto again = made->classify(Pfn(0));
    const bool same = again && std::ranges::equal(again->dumpable.bytes(), first->dumpable.bytes());
    return same ? Status() : Status(fail("differs"));
  });
  EXPECT_TRUE(all);
}

// A kernel with mem=, or a dump of a whole machine, in which lies what is no RAM.
TEST_F(PageFilterTest, MemoryBehindTheLastStructPageIsNotDumped) {
  kernel.vmcore().add_memory(uint64_t{120} << 20, uint64_t{16} << 20);  // 8 MiB of it in the section
  kernel.vmcore().add_memory(uint64_t{1} << 30, 8192);
  const auto made = filter(0);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->max_pfn(), Pfn(32768));
  EXPECT_EQ(made->classify(Pfn(0))->existing.count(), 4096U + 2048);
}

TEST_F(PageFilterTest, MemoryOfASectionThatCannotBeReadIsKept) {
  constexpr uint64_t kAddress = uint64_t{700} << 27;
  kernel.vmcore().add_memory(kAddress, 8192);
  kernel.vmcore().put_value<le64>(FakeStructPages::kRoots + 16,
                                  0xffffec0000000000);  // its root is not mapped
  const auto made = filter(31);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->max_pfn(), Pfn(kAddress / 4096 + 2));
  const auto result =
      made->classify(Pfn(made->max_pfn().value() / PageFilter::kWindowPages * PageFilter::kWindowPages));
  EXPECT_EQ(result->counts[PageClass::kept], 2U);
  EXPECT_EQ(result->unclassified, 2U);
}

TEST_F(PageFilterTest, FreeListsTellWhatStructPagesDoNot) {
  const test::FakeZones zones(kernel);
  zones.add(0, 10, 0, {1024});
  zones.add(1, 3, 2, {8, 16});
  zones.break_prev(16);
  kernel.replace_line("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "");
  kernel.replace_line("NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", "");  // it can be inferred from this
  const auto made = filter(31);
  ASSERT_TRUE(made);
  const auto result = made->classify(Pfn(0));
  EXPECT_EQ(result->counts[PageClass::free], 1024U + 8);
  EXPECT_FALSE(result->dumpable.test(Pfn(15)));
  EXPECT_TRUE(result->dumpable.test(Pfn(16)));
  EXPECT_THAT(made->gaps(), ::testing::Contains(HasSubstr("free list of order 3, type 2 is broken")));
}

TEST_F(PageFilterTest, FreeListsTellWithoutTheMembersOfFreePages) {
  for (const char* key : {"OFFSET(page.private)", "OFFSET(page._mapcount)"}) {
    FakeKernel another;
    const FakeStructPages its_pages(another);
    const test::FakeZones zones(another);
    zones.add(0, 10, 0, {1024});
    another.replace_line(key, "");
    const auto info = another.info();
    const auto made = PageFilter::create(*info, 31);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->classify(Pfn(0))->counts[PageClass::free], 1024U) << key;
  }
}

TEST_F(PageFilterTest, SaysWhyFreePagesStay) {
  kernel.replace_line("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "");
  kernel.replace_line("NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", "");
  const auto made = filter(31);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->gaps(), ::testing::Contains(HasSubstr("free pages stay in the dump")));
}

TEST_F(PageFilterTest, LevelTwoAndMoreNameTheMissingFact) {
  kernel.replace_line("NUMBER(PG_lru)", "");
  const auto made = filter(2);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("dump level 2"));
  EXPECT_THAT(made.error().message(), HasSubstr("NUMBER(PG_lru)"));
}

TEST_F(PageFilterTest, TellsWhatStaysForWantOfAFact) {
  kernel.replace_line("NUMBER(HUGETLB_PAGE_DTOR)", "");
  const auto made = filter(31);
  ASSERT_TRUE(made);
  EXPECT_THAT(made->gaps(), Contains(HasSubstr("hugetlb pages stay in the dump")));
}

TEST(PageFilter, LevelOneNeedsNoFacts) {
  test::FakeVmcore vmcore;
  vmcore.add_memory(0x1000, 0x3000);
  const auto info = read_kernel_info(vmcore);
  ASSERT_TRUE(info);
  const auto filter = PageFilter::create(*info, 1);
  ASSERT_TRUE(filter) << filter.error().message();
  const auto result = filter->classify(Pfn(0));
  EXPECT_EQ(result->counts[PageClass::kept], 3U);
  EXPECT_EQ(filter->max_pfn(), Pfn(4));
  EXPECT_THAT(PageFilter::create(*info, 2).error().message(), HasSubstr("no VMCOREINFO"));
}

}  // namespace
}  // namespace kdump
