// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/arch/address_space.h"

#include <gmock/gmock.h>

#include "makedumpfile/arch/architecture.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeKernel;
using ::testing::HasSubstr;

constexpr uint64_t kVmalloc = 0xffffc90000000000;

// Every page of the memory holds its own address at its start.
void number_pages(FakeKernel& kernel) {
  for (uint64_t at = uint64_t{4} << 20; at < FakeKernel::kMemorySize; at += 4096)
    kernel.vmcore().put_value<le64>(at, at);
}

class PageTables : public ::testing::TestWithParam<std::pair<int, uint64_t>> {
 protected:
  PageTables() : kernel(GetParam().first, GetParam().second) { number_pages(kernel); }
  // Physical address of `va`, or what the error says.
  std::string place(uint64_t va) {
    const auto info = kernel.info();
    const auto where = info->address_space().translate(VirtAddr(va));
    if (!where) return where.error().message();
    return fmt::format("{:#x}+{:#x}", where->addr.value(), where->size);
  }

  FakeKernel kernel;
};

TEST_P(PageTables, MapsPagesOfEverySize) {
  kernel.map(kVmalloc, 0x400000, 12);
  kernel.map(kVmalloc + 0x200000, 0x600000, 21);
  kernel.map(kVmalloc + 0x40000000, 0, 30);
  EXPECT_EQ(place(kVmalloc + 0x123), "0x400123+0xedd");
  EXPECT_EQ(place(kVmalloc + 0x312345), "0x712345+0xedcbb");
  EXPECT_EQ(place(kVmalloc + 0x40abcdef), "0xabcdef+0x3f543211");
}

TEST_P(PageTables, ReadsOverPagesThatLieApart) {
  kernel.map(kVmalloc, 0x500000, 12);
  kernel.map(kVmalloc + 0x1000, 0x400000, 12);
  kernel.map(kVmalloc + 0x2000, 0x600000, 12);
  const auto info = kernel.info();
  std::vector<le64> words(size_t{3} * 512);
  ASSERT_TRUE(info->address_space().read(VirtAddr(kVmalloc), std::as_writable_bytes(std::span(words))));
  EXPECT_EQ(words[0], 0x500000U);
  EXPECT_EQ(words[512], 0x400000U);
  EXPECT_EQ(words[1024], 0x600000U);
}

// A walk begins where the one before it left the tables that both need: from everywhere to everywhere, each
// place is what a walk from the root finds. One of them ends in a table that cannot be read.
TEST_P(PageTables, WalksFromAnywhereAsFromTheRoot) {
  kernel.map(kVmalloc, 0x500000, 12);
  kernel.map(kVmalloc + 0x1000, 0x600000, 12);
  kernel.map(kVmalloc + 0x200000, 0x700000, 21);
  kernel.map(kVmalloc + 0x40000000, 0, 30);
  kernel.map(kVmalloc + 0x80000000, 0x800000, 12);
  kernel.map(kVmalloc + 0x8080000000, 0x900000, 12);
  const uint64_t places[] = {0,          0x1fff,     0x2000,     0x201234,    0x400000,
                             0x40001234, 0x80000000, 0xc0000000, 0x8080000000};
  const auto info = kernel.info();
  const auto reader = [&] { return info->address_space().reader().value(); };
  const auto told = [](VirtualReader from, uint64_t va) {
    const auto where = from.translate(VirtAddr(va));
    return where ? fmt::format("{:#x}+{:#x}", where->addr.value(), where->size) : where.error().message();
  };
  PhysAddr last_table;
  static_cast<void>(
      PageTableWalker(kernel.vmcore(), *info->address_space().page_table())
          .trace(VirtAddr(kVmalloc + 0x8080000000), [&](const TableEntry& e) { last_table = e.addr; }));
  kernel.vmcore().break_page(last_table.value());
  for (const uint64_t first : places) {
    for (const uint64_t second : places) {
      for (const uint64_t third : places) {
        VirtualReader walked = reader();
        static_cast<void>(walked.translate(VirtAddr(kVmalloc + first)));
        static_cast<void>(walked.translate(VirtAddr(kVmalloc + second)));
        EXPECT_EQ(told(walked, kVmalloc + third), told(reader(), kVmalloc + third))
            << first << ", " << second << ", " << third;
      }
    }
  }
}

TEST_P(PageTables, NamesTheLevelWhereTheWalkEnds) {
  kernel.map(kVmalloc, 0x500000, 12);
  EXPECT_THAT(place(kVmalloc + 0x1000), HasSubstr("0xffffc90000001000 is not mapped (page table level 1"));
  EXPECT_THAT(place(kVmalloc + 0x200000), HasSubstr("level 2"));
  EXPECT_THAT(place(kVmalloc + 0x40000000), HasSubstr("level 3"));
}

TEST_P(PageTables, ATableThatCannotBeReadIsNamed) {
  kernel.vmcore().break_page(kernel.root());
  EXPECT_THAT(place(kVmalloc), HasSubstr(fmt::format("cannot read page table level {} at {:#x}",
                                                     GetParam().first, kernel.root())));
}

TEST_P(PageTables, AnAddressInTheHoleIsNone) {
  EXPECT_THAT(place(uint64_t{1} << 60), HasSubstr("is not one of"));
}

TEST_P(PageTables, TablesThatPointToThemselvesEnd) {
  kernel.vmcore().put_value<le64>(kernel.root(), kernel.root() | 1);
  EXPECT_EQ(place(0), fmt::format("{:#x}+0x1000", kernel.root() & ~GetParam().second));
}

// Four and five levels, without and with the encryption bit of AMD SME.
INSTANTIATE_TEST_SUITE_P(X86_64, PageTables,
                         ::testing::Values(std::pair{4, 0}, std::pair{5, 0}, std::pair{4, uint64_t{1} << 47},
                                           std::pair{5, uint64_t{1} << 51}));

TEST(VirtualReader, FollowsTablesThatChangeFromOneAddressToTheNext) {
  FakeKernel kernel;
  number_pages(kernel);
  kernel.map(kVmalloc, 0x400000, 12);
  kernel.map(kVmalloc + 0x40000000, 0x401000, 12);  // another table of each lower level
  const auto info = kernel.info();
  auto reader = info->address_space().reader();
  ASSERT_TRUE(reader);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reader->translate(VirtAddr(kVmalloc))->addr.value(), 0x400000U);
    EXPECT_EQ(reader->translate(VirtAddr(kVmalloc + 0x40000000))->addr.value(), 0x401000U);
  }
}

// All that is not mapped up to the next entry of the same table is one step, but for the hole in the middle.
TEST(VirtualReader, PassesOverWhatIsNotMapped) {
  FakeKernel kernel;
  kernel.map(kVmalloc + 5 * 4096, 0x400000, 12);
  const auto info = kernel.info();
  auto reader = info->address_space().reader();
  ASSERT_TRUE(reader);
  const auto unmapped = [&](uint64_t va) {
    const Mapping mapping = reader->look_up(VirtAddr(va));
    EXPECT_FALSE(mapping.addr) << std::hex << va;
    return mapping.size;
  };
  EXPECT_EQ(unmapped(kVmalloc + 0x123), 5 * 4096 - 0x123U);
  EXPECT_EQ(unmapped(kVmalloc + 6 * 4096), (uint64_t{2} << 20) - 6 * 4096);
  EXPECT_EQ(unmapped(kVmalloc + (uint64_t{2} << 20)), (uint64_t{1} << 30) - (uint64_t{2} << 20));
  EXPECT_EQ(unmapped(4096), (uint64_t{1} << 47) - 4096);
  EXPECT_EQ(unmapped(uint64_t{1} << 47), 0xffff800000000000 - (uint64_t{1} << 47));
  EXPECT_EQ(unmapped(0xffff800000000000),
            kVmalloc / (uint64_t{1} << 39) * (uint64_t{1} << 39) - 0xffff800000000000);
  uint64_t pages = 0;
  reader->for_each_mapped({VirtAddr(kVmalloc), VirtAddr(kVmalloc + (uint64_t{1} << 40))},
                          [&](PhysRange piece) {
                            EXPECT_EQ(piece.begin, PhysAddr(0x400000));
                            return ++pages < 10;
                          });
  EXPECT_EQ(pages, 1U);
}

}  // namespace
}  // namespace kdump
