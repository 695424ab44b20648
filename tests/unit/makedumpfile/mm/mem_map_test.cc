// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/mem_map.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_kallsyms.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeStructPages;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kSectionPages = 32768;  // 128 MiB
constexpr uint64_t kSectionBytes = kSectionPages * 64;

struct Plain {
  uint64_t begin, end, first;
  bool operator==(const Plain&) const = default;
};
void PrintTo(const Plain& p, std::ostream* out) {
  *out << fmt::format("{:#x}-{:#x} at {:#x}", p.begin, p.end, p.first);
}

std::vector<Plain> plain(const Result<std::vector<MemMapRange>>& ranges) {
  std::vector<Plain> result;
  EXPECT_TRUE(ranges) << ranges.error().message();
  for (const MemMapRange& r : ranges.value_or(std::vector<MemMapRange>()))
    result.push_back({r.pages.begin.value(), r.pages.end.value(), r.first.value()});
  return result;
}

struct SparseMemory : ::testing::Test {
  std::vector<Plain> ranges() { return plain(read_mem_map(*info())); }
  Result<KernelInfo>& info() {
    kept = kernel.info();
    EXPECT_TRUE(kept);
    return kept;
  }
  FakeKernel kernel;
  FakeStructPages pages{kernel};
  Result<KernelInfo> kept = fail("not read yet");
};

TEST_F(SparseMemory, FindsTheSectionsThatTheDumpHolds) {
  pages.set_section(1, (FakeStructPages::kVmemmap) | 3);  // no memory of the dump is there
  EXPECT_THAT(ranges(), ElementsAre(Plain{0, kSectionPages, FakeStructPages::kVmemmap}));
}

// makedumpfile masks five bits: with the sixth, SECTION_IS_VMEMMAP_PREINIT (6.15), its struct pages are 32
// bytes beside the real ones. Seven to twelve are of kernels to come.
TEST_F(SparseMemory, MasksTheSixFlagsOfSectionsAndThoseToCome) {
  for (const uint64_t flags : {0x1U, 0x3U, 0x7U, 0xfU, 0x1fU, 0x3fU, 0x21U, 0x7fU, 0xfffU}) {
    FakeKernel another;
    FakeStructPages its_pages(another);
    its_pages.set_section(0, FakeStructPages::kVmemmap | flags);
    EXPECT_THAT(plain(read_mem_map(*another.info())),
                ElementsAre(Plain{0, kSectionPages, FakeStructPages::kVmemmap}))
        << flags;
  }
}

TEST_F(SparseMemory, JoinsSectionsOfOneVmemmapAndLeavesOutAbsentOnes) {
  for (uint64_t section = 1; section <= 4; ++section) kernel.vmcore().add_memory(section << 27, 4096);
  pages.set_section(1, FakeStructPages::kVmemmap | 1);
  pages.set_section(2, FakeStructPages::kVmemmap | 2);  // not marked present: hot-removed
  // Without vmemmap each section's array may be anywhere; the encoded address is that of page 0.
  pages.set_section(3, 0xffff888000000000 - 3 * kSectionBytes + 1);
  EXPECT_THAT(ranges(), ElementsAre(Plain{0, 2 * kSectionPages, FakeStructPages::kVmemmap},
                                    Plain{3 * kSectionPages, 4 * kSectionPages, 0xffff888000000000}));
}

TEST_F(SparseMemory, TakesSectionsOfOtherRoots) {
  constexpr uint64_t kSection = 700;  // root 2
  kernel.vmcore().add_memory(kSection << 27, 4096);
  kernel.vmcore().put_value<le64>(FakeStructPages::kRoots + 16, FakeKernel::kImageBase + 0x300000);
  kernel.vmcore().put_value<le64>(0x300000 + (kSection - 512) * 16, FakeStructPages::kVmemmap | 3);
  EXPECT_THAT(ranges(), ElementsAre(Plain{0, kSectionPages, FakeStructPages::kVmemmap},
                                    Plain{kSection * kSectionPages, (kSection + 1) * kSectionPages,
                                          FakeStructPages::kVmemmap + kSection * kSectionBytes}));
}

TEST_F(SparseMemory, SaysWhichSectionsCannotBeRead) {
  constexpr uint64_t kSection = 700;  // root 2
  kernel.vmcore().add_memory(kSection << 27, 4096);
  kernel.vmcore().put_value<le64>(FakeStructPages::kRoots + 16, 0xffffec0000000000);  // not mapped
  EXPECT_THAT(ranges(), ElementsAre(Plain{0, kSectionPages, FakeStructPages::kVmemmap},
                                    Plain{kSection * kSectionPages, (kSection + 1) * kSectionPages,
                                          kUnknownPlace.value()}));
}

TEST_F(SparseMemory, FollowsThePointerWhereVmcoreinfoHasIt) {
  kernel.vmcore().put_value<le64>(0x380000, FakeKernel::kImageBase + FakeStructPages::kRoots);
  kernel.replace_line("SYMBOL(mem_section)",
                      fmt::format("SYMBOL(mem_section)={:x}", FakeKernel::kImageBase + 0x380000));
  EXPECT_THAT(ranges(), ElementsAre(Plain{0, kSectionPages, FakeStructPages::kVmemmap}));
}

// Read as roots, what lies around a variable of that name leads anywhere: here to other, mapped memory.
TEST_F(SparseMemory, ASymbolTableHasThePointerAndNotTheArray) {
  constexpr uint64_t kVariable = 0x380000, kDecoy = 0x390000, kSection = 300;  // root 1
  test::FakeKallsyms symbols(kernel, test::KallsymsAddresses::from_place);
  symbols.add('B', "mem_section", FakeKernel::kImageBase + kVariable);
  kernel.replace_line("SYMBOL(mem_section)", "");
  kernel.vmcore().add_memory(kSection << 27, 4096);
  kernel.vmcore().put_value<le64>(kVariable, FakeKernel::kImageBase + FakeStructPages::kRoots);
  kernel.vmcore().put_value<le64>(kVariable + 8, FakeKernel::kImageBase + kDecoy);
  const uint64_t map = FakeKernel::kImageBase - kSection * kSectionBytes;
  kernel.vmcore().put_value<le64>(kDecoy + (kSection - 256) * 16, map | 3);
  EXPECT_THAT(ranges(), ElementsAre(Plain{0, kSectionPages, FakeStructPages::kVmemmap}));
}

TEST_F(SparseMemory, ReadsThePlainArray) {
  kernel.replace_line("LENGTH(mem_section)", "LENGTH(mem_section)=524288");
  kernel.replace_line(
      "SYMBOL(mem_section)",
      fmt::format("SYMBOL(mem_section)={:x}", FakeKernel::kImageBase + FakeStructPages::kSections));
  EXPECT_THAT(ranges(), ElementsAre(Plain{0, kSectionPages, FakeStructPages::kVmemmap}));
}

TEST_F(SparseMemory, SaysSoWhenNoStructPageIsFound) {
  pages.set_section(0, 0xffffeb0000000000 | 3);  // not mapped
  const auto found = read_mem_map(*info());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("no struct page found"));
}

TEST_F(SparseMemory, RefusesSizesThatNoKernelHas) {
  kernel.replace_line("NUMBER(SECTION_SIZE_BITS)", "NUMBER(SECTION_SIZE_BITS)=3");
  const auto found = read_mem_map(*info());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("SECTION_SIZE_BITS 3"));
}

TEST_F(SparseMemory, NamesTheFactThatIsMissing) {
  kernel.replace_line("SIZE(mem_section)", "");
  const auto found = read_mem_map(*info());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("SIZE(mem_section)"));
}

TEST(FlatMemory, IsOneArray) {
  FakeKernel kernel;
  kernel.line(fmt::format("SYMBOL(mem_map)={:x}", FakeKernel::kImageBase + 0x400000));
  kernel.vmcore().put_value<le64>(0x400000, 0xffff888000800000);
  const auto info = kernel.info();
  EXPECT_THAT(plain(read_mem_map(*info)), ElementsAre(Plain{0, 4096, 0xffff888000800000}));
}

TEST(MemMap, SaysWhenNoModelIsKnown) {
  FakeKernel kernel;
  const auto info = kernel.info();
  EXPECT_THAT(read_mem_map(*info).error().message(),
              HasSubstr("neither SYMBOL(mem_section) nor SYMBOL(mem_map)"));
}

}  // namespace
}  // namespace kdump
