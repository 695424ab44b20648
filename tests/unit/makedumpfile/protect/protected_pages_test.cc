// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/protect/protected_pages.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_printk_ring.h"
#include "tests/unit/makedumpfile/support/fake_protected.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakePrintkRing;
using test::FakeProtected;
using test::FakeStructPages;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ProtectedPagesTest : public ::testing::Test {
 protected:
  // Call once.
  ProtectedPages find() {
    const auto info = kernel.info();
    EXPECT_TRUE(info) << info.error().message();
    const auto mem_map = read_mem_map(*info);
    EXPECT_TRUE(mem_map) << mem_map.error().message();
    return ProtectedPages::find(*info, *mem_map);
  }
  static bool has(const ProtectedPages& pages, uint64_t addr) { return pages.contains(Pfn(addr / 4096)); }
  void forget(std::string_view symbol) { kernel.replace_line(fmt::format("SYMBOL({})", symbol), ""); }
  // Another value for a symbol.
  void move(std::string_view name, uint64_t value) {
    kernel.replace_line(fmt::format("SYMBOL({})", name), fmt::format("SYMBOL({})={:x}", name, value));
  }

  static constexpr uint64_t kTable = 0x790000;

  FakeKernel kernel;
  FakeStructPages struct_pages{kernel};
  FakePrintkRing ring{kernel};
  FakeProtected fake{kernel};
};

TEST_F(ProtectedPagesTest, OfASoundKernelNothingIsMissing) {
  fake.add_note(FakeProtected::kDirectMap + FakeProtected::kNoteStack + 0x3f00);
  const ProtectedPages pages = find();
  EXPECT_THAT(pages.gaps(), IsEmpty());
  for (size_t i = 0; i < kProtectionCount; ++i)
    EXPECT_GT(pages.pages(static_cast<Protection>(i)), 0U) << protection_name(static_cast<Protection>(i));
  for (size_t i = 1; i < pages.ranges().size(); ++i)
    EXPECT_LT(pages.ranges()[i - 1].end, pages.ranges()[i].begin);
}

TEST_F(ProtectedPagesTest, TheKernelImageWithoutWhatWasFreed) {
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::kernel_image), FakeProtected::kImagePages);
  for (const uint64_t kept : {0x600000U, 0x610000U, 0x614000U, 0x61f000U, 0x622000U, 0x642000U, 0x674000U})
    EXPECT_TRUE(has(pages, kept)) << std::hex << kept;
  for (const uint64_t freed :
       {0x5ff000U, 0x611000U, 0x620000U, 0x630000U, 0x641000U, 0x675000U, 0x67f000U, 0x680000U})
    EXPECT_FALSE(has(pages, freed)) << std::hex << freed;
}

TEST_F(ProtectedPagesTest, WithoutSymbolsTheImageIsWhatIsReserved) {
  forget("_text");
  for (const uint64_t pfn : {0x600U, 0x601U, 0x6ffU}) struct_pages.flags(pfn, 1 << 12);
  struct_pages.flags(0x602, FakeStructPages::kPrivate);
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::kernel_image), 3U);
  EXPECT_TRUE(has(pages, 0x6ff000));
  EXPECT_FALSE(has(pages, 0x602000));
}

TEST_F(ProtectedPagesTest, WithoutSymbolsAndReservedPagesItSaysSo) {
  forget("_end");
  EXPECT_THAT(find().gaps(), ElementsAre(StartsWith("not protected: kernel image: ")));
}

TEST_F(ProtectedPagesTest, SymbolsThatNoImageHasAreNotBelieved) {
  move("_end", FakeKernel::kImageBase + (uint64_t{3} << 30));
  struct_pages.flags(0x600, 1 << 12);
  EXPECT_EQ(find().pages(Protection::kernel_image), 1U);
}

TEST_F(ProtectedPagesTest, PartsThatNoImageHasAreNotTakenOut) {
  move("__init_begin", FakeKernel::kImageBase);
  EXPECT_EQ(find().pages(Protection::kernel_image), FakeProtected::kImagePages + 16);
}

TEST_F(ProtectedPagesTest, FreedPartsMayOverlap) {
  move("__smp_locks", FakeKernel::kImageBase + 0x638000);
  EXPECT_EQ(find().pages(Protection::kernel_image), FakeProtected::kImagePages);
}

TEST_F(ProtectedPagesTest, TheFirstChunkOfEachCpuThatWasSetUp) {
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::per_cpu), 10U);
  EXPECT_TRUE(has(pages, FakeProtected::kArea0));
  EXPECT_TRUE(has(pages, FakeProtected::kArea1 + 0x4000));
  EXPECT_FALSE(has(pages, FakeProtected::kArea0 + 0x5000));
  EXPECT_FALSE(has(pages, 0x630000));
}

TEST_F(ProtectedPagesTest, WithoutTheChunkOnlyTheStaticPart) {
  forget("pcpu_first_chunk");
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::per_cpu), 6U);
  EXPECT_THAT(pages.gaps(), ElementsAre(HasSubstr("only the static part is known")));
}

// 5.10 says nowhere where its symbols are.
TEST_F(ProtectedPagesTest, WithoutSymbolsWhatIsReservedAroundTheCpusEntries) {
  forget("__per_cpu_offset");
  kernel.map(0xfffffe0000001000, FakeProtected::kArea1 + 0x1000, 12);
  kernel.map(0xfffffe5000000000, FakeProtected::kArea0 + 0x1000, 12);
  kernel.map(0xfffffe5000001000, FakeProtected::kArea0 + 0x3000, 12);
  for (uint64_t pfn = FakeProtected::kArea0 / 4096; pfn < FakeProtected::kArea0 / 4096 + 5; ++pfn)
    struct_pages.flags(pfn, 1 << 12);
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::per_cpu), 5U);
  EXPECT_TRUE(has(pages, FakeProtected::kArea0));
  EXPECT_FALSE(has(pages, FakeProtected::kArea1 + 0x1000));  // was not taken at boot
  EXPECT_THAT(pages.gaps(), Contains(StartsWith("only in part protected: per-CPU areas: ")));
}

TEST_F(ProtectedPagesTest, ReservedPagesWithoutAnEndAreFollowedForAUnit) {
  forget("__per_cpu_offset");
  for (uint64_t pfn = 0; pfn < FakeStructPages::kPages; ++pfn) struct_pages.flags(pfn, 1 << 12);
  kernel.map(0xfffffe0000001000, 0x800000, 12);
  EXPECT_EQ(find().pages(Protection::per_cpu), 513U);
}

TEST_F(ProtectedPagesTest, AChunkThatNoKernelHasIsNotBelieved) {
  fake.put(FakeProtected::kChunk + 8, FakeProtected::kDirectMap);  // before the first unit
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::per_cpu), 6U);
  EXPECT_THAT(pages.gaps(), ElementsAre(HasSubstr("pcpu_first_chunk")));
}

TEST_F(ProtectedPagesTest, NumbersOfCpusThatNoKernelHasAreNotBelieved) {
  fake.put(FakeProtected::kCpuIds, UINT32_MAX);
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::per_cpu), 0U);
  EXPECT_THAT(pages.gaps(), Contains(HasSubstr("nr_cpu_ids is 4294967295")));
}

TEST_F(ProtectedPagesTest, EveryPageTableOnce) {
  // The root; two for each of image, direct map and vmemmap; two more for the modules beside the image.
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::page_table), 9U);
  EXPECT_TRUE(has(pages, kernel.root()));
}

TEST_F(ProtectedPagesTest, PageTablesInACircleEnd) {
  kernel.vmcore().put_value<le64>(kernel.root(), kernel.root() | 1);
  kernel.vmcore().put_value<le64>(kernel.root() + 8, kernel.root() | 1);
  const ProtectedPages pages = find();
  EXPECT_GE(pages.pages(Protection::page_table), 9U);
  EXPECT_THAT(pages.gaps(), IsEmpty());
}

// A table of the root's that leads to itself at every level maps 2^27 pages where the CPUs' entries are.
TEST_F(ProtectedPagesTest, TablesThatMapMoreThanThereIsAreGivenUp) {
  forget("__per_cpu_offset");
  struct_pages.flags(kTable / 4096, 1 << 12);
  for (uint64_t at = 0; at < 4096; at += 8) kernel.vmcore().put_value<le64>(kTable + at, kTable | 1);
  kernel.vmcore().put_value<le64>(kernel.root() + (0xfffffe0000000000 >> 39 & 511) * 8, kTable | 1);
  const ProtectedPages pages = find();
  EXPECT_THAT(pages.gaps(), Contains(HasSubstr("per-CPU areas: the page tables map more than all memory")));
  EXPECT_EQ(pages.pages(Protection::per_cpu), 1U);
  EXPECT_EQ(pages.pages(Protection::log_ring), 4U);
}

TEST_F(ProtectedPagesTest, MoreCpusThanMemoryHasRoomForAreNotBelieved) {
  fake.put(FakeProtected::kCpuIds, FakeKernel::kMemorySize / 0x2800 + 1);
  EXPECT_THAT(find().gaps(), Contains(HasSubstr("nr_cpu_ids is 1639, expected 1 to 1638")));
}

TEST_F(ProtectedPagesTest, TablesOutsideTheDumpAreNotCounted) {
  kernel.vmcore().put_value<le64>(kernel.root(), (uint64_t{1} << 40) | 1);
  EXPECT_EQ(find().pages(Protection::page_table), 9U);
}

TEST_F(ProtectedPagesTest, TheLogRing) {
  const ProtectedPages pages = find();
  // The struct, descriptors, infos and text have a page each.
  EXPECT_EQ(pages.pages(Protection::log_ring), 4U);
  for (const uint64_t at :
       {FakePrintkRing::kRing, FakePrintkRing::kDescs, FakePrintkRing::kInfos, FakePrintkRing::kText})
    EXPECT_TRUE(has(pages, at));
}

TEST_F(ProtectedPagesTest, TheMemoryNodes) {
  const ProtectedPages pages = find();
  // The node has three pages, the roots have four, and the section is in one of those.
  EXPECT_EQ(pages.pages(Protection::memory_node), 3U + 4);
  EXPECT_TRUE(has(pages, FakeProtected::kNode + 8999));
  EXPECT_TRUE(has(pages, FakeStructPages::kRoots + 0x3fff));
  EXPECT_TRUE(has(pages, FakeStructPages::kSections));
  EXPECT_TRUE(pages.is_vital(Pfn(FakeStructPages::kSections >> 12)));
  EXPECT_FALSE(pages.is_vital(Pfn(FakeStructPages::kPlace >> 12)));
}

TEST_F(ProtectedPagesTest, TheStacksOfCurrentTasks) {
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::stack), 8U + 1);
  EXPECT_TRUE(has(pages, FakeProtected::kTasks));
  EXPECT_TRUE(has(pages, FakeProtected::kStack0));
  EXPECT_TRUE(has(pages, FakeProtected::kStack1 + 0x3000));
}

TEST_F(ProtectedPagesTest, ThatIsAMemberOfPcpuHotFrom62To614) {
  forget("current_task");
  fake.symbol("pcpu_hot", 0x8);
  kernel.line("OFFSET(pcpu_hot.current_task)=8");
  EXPECT_EQ(find().pages(Protection::stack), 8U + 1);
}

TEST_F(ProtectedPagesTest, StacksOfNotesNeedNoSymbols) {
  forget("current_task");
  kernel.replace_line("SIZE(thread_union)", "");
  fake.add_note(FakeProtected::kDirectMap + FakeProtected::kNoteStack + 0x3f00);
  fake.add_note(0x7ffc00001000);  // was in user space
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::stack), 4U);
  EXPECT_TRUE(has(pages, FakeProtected::kNoteStack));
  EXPECT_FALSE(has(pages, FakeProtected::kNoteStack + 0x4000));
  EXPECT_THAT(pages.gaps(), ElementsAre(StartsWith("only in part protected: stacks: ")));
}

TEST_F(ProtectedPagesTest, StacksFarFromMemoryAndShortNotesAreNoStacks) {
  for (const uint64_t at : {UINT64_MAX, uint64_t{1} << 63, FakeKernel::kImageBase - 8}) fake.add_note(at);
  kernel.vmcore().add_note("CORE", elf::NT_PRSTATUS, ByteVector(100));
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::stack), 8U + 1);
  EXPECT_THAT(pages.gaps(), IsEmpty());
}

TEST_F(ProtectedPagesTest, WhatIsMappedWhereModulesAre) {
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::module), 3U);
  EXPECT_TRUE(has(pages, 0x763000));
  EXPECT_FALSE(has(pages, 0x761000));
}

TEST_F(ProtectedPagesTest, ModulesBeginWhereTheKernelSaysThatTheImageEnds) {
  kernel.line("NUMBER(KERNEL_IMAGE_SIZE)=536870912");
  kernel.map(FakeKernel::kImageBase + (uint64_t{512} << 20), 0x770000, 12);
  EXPECT_EQ(find().pages(Protection::module), 4U);
}

TEST_F(ProtectedPagesTest, TheStructPages) {
  const ProtectedPages pages = find();
  // Those of a whole section take 2 MiB.
  EXPECT_EQ(pages.pages(Protection::vmemmap), 512U);
  EXPECT_TRUE(has(pages, FakeStructPages::kPlace));
}

TEST_F(ProtectedPagesTest, WhatCannotBeReadIsAGapAndNoMore) {
  kernel.vmcore().break_page(FakeProtected::kVariables);
  const ProtectedPages pages = find();
  EXPECT_EQ(pages.pages(Protection::per_cpu), 0U);
  EXPECT_THAT(pages.gaps(), Contains(HasSubstr("per-CPU areas: nr_cpu_ids: ")));
  EXPECT_EQ(pages.pages(Protection::log_ring), 4U);
}

TEST(ProtectedPages, WithoutPageTablesThereAreNone) {
  test::FakeVmcore vmcore;
  vmcore.add_memory(0, 4096);
  const auto info = read_kernel_info(vmcore);
  ASSERT_TRUE(info);
  const ProtectedPages pages = ProtectedPages::find(*info, {});
  EXPECT_THAT(pages.ranges(), IsEmpty());
  EXPECT_THAT(pages.gaps(), ElementsAre(StartsWith("no page is protected: ")));
}

TEST_F(ProtectedPagesTest, WindowsGetTheirOwn) {
  const ProtectedPages pages = find();
  EXPECT_THAT(pages.overlapping({Pfn(0x601), Pfn(0x602)}), SizeIs(1));
  EXPECT_THAT(pages.overlapping({Pfn(0x5fe), Pfn(0x600)}), IsEmpty());
  EXPECT_THAT(pages.overlapping({Pfn(0), Pfn(4096)}), SizeIs(pages.ranges().size()));
}

}  // namespace
}  // namespace kdump
