// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/arch/table_pages.h"

#include <gmock/gmock.h>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeKernel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kVmalloc = 0xffffc90000000000;

class TablePages : public ::testing::Test {
 protected:
  Status visit() {
    const auto table = kX86_64.page_table(Vmcoreinfo(kernel.vmcoreinfo()));
    EXPECT_TRUE(table);
    return for_each_table(kernel.vmcore(), *table, [&](PhysRange memory) {
      EXPECT_EQ(memory.size(), 4096U);
      found.push_back(memory.begin.value() >> 12);
    });
  }
  void entry(uint64_t table, uint64_t index, uint64_t value) {
    kernel.vmcore().put_value<le64>(table + index * 8, value);
  }

  FakeKernel kernel;
  std::vector<uint64_t> found;
};

TEST_F(TablePages, TheRootFirstAndAllBelow) {
  kernel.map(kVmalloc, 0x400000, 12);
  ASSERT_TRUE(visit());
  EXPECT_EQ(found.front(), kernel.root() >> 12);
  std::ranges::sort(found);
  // The image has a table at levels 3 and 2, vmalloc memory one of level 1, too.
  EXPECT_THAT(found, ElementsAre(256, 257, 258, 259, 260, 261));
}

TEST_F(TablePages, HugePagesAreNoTables) {
  kernel.map(kVmalloc, 0x40000000, 30);
  ASSERT_TRUE(visit());
  EXPECT_EQ(found.size(), 4U);
}

TEST_F(TablePages, ASharedTableIsVisitedOnce) {
  kernel.map(kVmalloc, 0x400000, 21);
  const uint64_t pud = 0x103000;
  le64 pmd;
  ASSERT_TRUE(kernel.vmcore().read(PhysAddr(pud), mutable_bytes_of(pmd)));
  for (uint64_t i = 0; i < 512; ++i) entry(pud, i, pmd);
  ASSERT_TRUE(visit());
  EXPECT_EQ(found.size(), 5U);
}

TEST_F(TablePages, CirclesEnd) {
  for (uint64_t i = 0; i < 512; ++i) entry(kernel.root(), i, kernel.root() | 1);
  ASSERT_TRUE(visit());
  // The root as a table of levels 4, 3 and 2, and at level 1 once for each entry.
  EXPECT_EQ(found.size(), 3U + 512);
}

TEST_F(TablePages, TablesThatCannotBeReadLeadNowhere) {
  entry(kernel.root(), 0, (uint64_t{1} << 45) | 1);
  ASSERT_TRUE(visit());
  EXPECT_EQ(found.size(), 4U);
}

TEST_F(TablePages, TooManyAreAnError) {
  // Tables all over the place: each entry of 256 tables leads to another address.
  for (uint64_t i = 0; i < 256; ++i) {
    const uint64_t pud = 0x800000 + i * 4096;
    entry(kernel.root(), i, pud | 1);
    for (uint64_t j = 0; j < 512; ++j) entry(pud, j, ((i * 512 + j + (uint64_t{1} << 24)) << 12) | 1);
  }
  const Status visited = visit();
  ASSERT_FALSE(visited);
  EXPECT_THAT(visited.error().message(), HasSubstr("more than 65536 page tables"));
}

TEST(MappedPieces, HolesAreLeftOut) {
  FakeKernel kernel;
  kernel.map(kVmalloc, 0x400000, 12);
  kernel.map(kVmalloc + 0x3000, 0x700000, 12);
  kernel.map(kVmalloc + 0x200000, 0x800000, 21);
  kernel.map(kVmalloc + 0x400000, 0x200000, 12);
  const auto info = kernel.info();
  auto reader = info->address_space().reader();
  ASSERT_TRUE(reader);
  std::vector<PhysRange> pieces;
  size_t enough = SIZE_MAX;
  const auto pieces_of = [&](uint64_t begin, uint64_t end) {
    pieces.clear();
    reader->for_each_mapped({VirtAddr(begin), VirtAddr(end)}, [&](PhysRange piece) {
      pieces.push_back(piece);
      return pieces.size() < enough;
    });
    return pieces;
  };
  const auto piece = [](uint64_t begin, uint64_t size) {
    return PhysRange{PhysAddr(begin), PhysAddr(begin + size)};
  };
  EXPECT_THAT(pieces_of(kVmalloc + 0x10, kVmalloc + 0x300000),
              ElementsAre(piece(0x400010, 0xff0), piece(0x700000, 0x1000), piece(0x800000, 0x100000)));
  EXPECT_THAT(pieces_of(0, UINT64_MAX), testing::SizeIs(4 + 8));  // the image's, too
  EXPECT_THAT(pieces_of(kVmalloc, kVmalloc - 1), ElementsAre());
  enough = 2;
  EXPECT_THAT(pieces_of(0, UINT64_MAX), testing::SizeIs(2));
  enough = SIZE_MAX;
  // A table that cannot be read is a hole as large as what it maps.
  kernel.vmcore().break_page(0x105000);
  reader = info->address_space().reader();  // that remembers no table
  EXPECT_THAT(pieces_of(kVmalloc, kVmalloc + 0x800000),
              ElementsAre(piece(0x800000, 0x200000), piece(0x200000, 0x1000)));
}

}  // namespace
}  // namespace kdump
