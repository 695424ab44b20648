// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "common/layout/elf.h"
#include "makedumpfile/arch/architecture.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

Result<PageTable> table_of(std::string_view vmcoreinfo) { return kX86_64.page_table(Vmcoreinfo(vmcoreinfo)); }

TEST(X86_64, TakesTheRootFromTheKernelImage) {
  // From a Debian 6.1 guest with KASLR.
  const auto table = table_of("SYMBOL(init_top_pgt)=ffffffffb5a10000\nNUMBER(phys_base)=-329252864\n");
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->root, PhysAddr(0x22010000));
  EXPECT_EQ(table->format->levels.size(), 4U);
}

TEST(X86_64, KnowsTheRootByItsOlderNames) {
  for (const char* name : {"init_top_pgt", "init_level4_pgt", "swapper_pg_dir"}) {
    const auto table = table_of(fmt::format("SYMBOL({})=ffffffff82000000\nNUMBER(phys_base)=4096\n", name));
    ASSERT_TRUE(table) << name;
    EXPECT_EQ(table->root, PhysAddr(0x2001000)) << name;
  }
}

TEST(X86_64, HasFiveLevelsWhenTheKernelSaysSo) {
  const auto table = table_of(
      "SYMBOL(init_top_pgt)=ffffffff82000000\nNUMBER(phys_base)=0\nNUMBER(pgtable_l5_enabled)=1\n"
      "NUMBER(sme_mask)=140737488355328\n");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->format->levels.size(), 5U);
  EXPECT_EQ(table->format->va_bits, 57U);
  EXPECT_EQ(table->address_mask & (uint64_t{1} << 47), 0U);
}

TEST(X86_64, SaysWhatIsMissing) {
  EXPECT_THAT(table_of("NUMBER(phys_base)=0\n").error().message(), HasSubstr("SYMBOL(init_top_pgt)"));
  EXPECT_THAT(table_of("SYMBOL(init_top_pgt)=ffffffff82000000\n").error().message(),
              HasSubstr("NUMBER(phys_base)"));
  EXPECT_THAT(table_of("SYMBOL(init_top_pgt)=ffffffff82000001\nNUMBER(phys_base)=0\n").error().message(),
              HasSubstr("not at a page's start"));
}

TEST(Architecture, IsChosenByTheElfMachine) {
  EXPECT_EQ((*find_architecture(elf::EM_X86_64))->name, "x86_64");
  const auto unknown = find_architecture(elf::EM_386);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind(), ErrorKind::unsupported);
}

}  // namespace
}  // namespace kdump
