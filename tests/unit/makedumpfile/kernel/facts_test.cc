// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/facts.h"

#include <gmock/gmock.h>

#include "common/layout/elf.h"
#include "makedumpfile/kernel/inferred.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

Facts facts_of(std::string_view text) { return Facts(Vmcoreinfo(text)); }

// The facts of `text` and what follows from them.
Facts inferred_of(std::string_view text, uint16_t machine = elf::EM_X86_64) {
  Facts facts = facts_of(text);
  infer_facts(facts, machine);
  return facts;
}

TEST(Facts, AreTypedByTheirKind) {
  const Facts facts = facts_of(
      "SYMBOL(prb)=ffffffffb5a622c0\nSIZE(page)=64\nOFFSET(page.flags)=0\nLENGTH(node_data)=1024\n"
      "NUMBER(x)=-129\nPAGESIZE=4096\n");
  EXPECT_EQ(facts.symbol("prb"), VirtAddr(0xffffffffb5a622c0));
  EXPECT_EQ(facts.size("page"), 64U);
  EXPECT_EQ(facts.offset("page.flags"), 0U);
  EXPECT_EQ(facts.length("node_data"), 1024U);
  EXPECT_EQ(facts.number("x"), -129);
  EXPECT_EQ(facts.text("PAGESIZE"), "4096");
  EXPECT_EQ(facts.find("NUMBER(x)")->source, FactSource::vmcoreinfo);
}

TEST(Facts, OneThatIsNoNumberIsNone) {
  const Facts facts = facts_of("OFFSET(a)=x\nSIZE(b)=-3\nSYMBOL(c)=\n");
  EXPECT_FALSE(facts.offset("a").has_value());
  EXPECT_FALSE(facts.size("b").has_value());
  EXPECT_FALSE(facts.symbol("c").has_value());
}

TEST(Facts, AMissingOneIsNamed) {
  EXPECT_THAT(facts_of("").need_offset("page.flags").error().message(), HasSubstr("OFFSET(page.flags)"));
  EXPECT_THAT(facts_of("").need_symbol("prb").error().message(), HasSubstr("SYMBOL(prb)"));
}

TEST(Facts, KeepWhatAnotherProviderSaysOtherwise) {
  Facts facts = facts_of("OFFSET(page.flags)=0\n");
  facts.add("OFFSET(page.flags)", 0, FactSource::btf);
  facts.add("SIZE(page)", 64, FactSource::btf);
  EXPECT_TRUE(facts.contradictions().empty());
  facts.add("OFFSET(page.flags)", 8, FactSource::btf);
  ASSERT_EQ(facts.contradictions().size(), 1U);
  EXPECT_EQ(facts.contradictions()[0].key, "OFFSET(page.flags)");
  EXPECT_EQ(facts.contradictions()[0].held.value, 0);
  EXPECT_EQ(facts.contradictions()[0].other.value, 8);
  EXPECT_EQ(facts.offset("page.flags"), 0U);
}

TEST(Inferred, NeverReplacesWhatTheKernelSays) {
  const Facts facts = inferred_of("NUMBER(SECTION_SIZE_BITS)=30\n");
  EXPECT_EQ(facts.number("SECTION_SIZE_BITS"), 30);
  EXPECT_EQ(facts.find("NUMBER(SECTION_SIZE_BITS)")->source, FactSource::vmcoreinfo);
  EXPECT_EQ(facts.find("NUMBER(MAX_PHYSMEM_BITS)")->source, FactSource::inferred);
}

TEST(Inferred, SectionBitsFollowFromTheArchitecture) {
  EXPECT_EQ(inferred_of("").number("MAX_PHYSMEM_BITS"), 46);
  EXPECT_EQ(inferred_of("NUMBER(pgtable_l5_enabled)=1\n").number("MAX_PHYSMEM_BITS"), 52);
  EXPECT_EQ(inferred_of("").number("SECTION_SIZE_BITS"), 27);
  EXPECT_FALSE(inferred_of("", elf::EM_AARCH64).number("SECTION_SIZE_BITS").has_value());
}

TEST(Inferred, PageTypesFollowFromEachOtherWhileTheyAreBits) {
  constexpr std::string_view kOfSixOne = "NUMBER(PG_slab)=9\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n";
  EXPECT_EQ(inferred_of(kOfSixOne).number("PAGE_OFFLINE_MAPCOUNT_VALUE"), -257);
  EXPECT_EQ(inferred_of("NUMBER(PG_slab)=9\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n")
                .number("PAGE_BUDDY_MAPCOUNT_VALUE"),
            -129);
}

// A kernel whose types are known, and no more: what BTF tells of 6.1.
TEST(Inferred, PageTypesFollowFromTheirMemberAndTheSlabFlag) {
  const Facts facts = inferred_of("NUMBER(PG_slab)=9\nOFFSET(page.page_type)=48\n");
  EXPECT_EQ(facts.number("PAGE_BUDDY_MAPCOUNT_VALUE"), -129);
  EXPECT_EQ(facts.number("PAGE_OFFLINE_MAPCOUNT_VALUE"), -257);
  EXPECT_EQ(facts.find("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)")->source, FactSource::inferred);
  EXPECT_FALSE(inferred_of("NUMBER(PG_slab)=9\n").has("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)"));
}

TEST(Inferred, TheRootsOfSections) {
  EXPECT_EQ(inferred_of("SIZE(mem_section)=16\n").length("mem_section"), 2048U);
  EXPECT_EQ(inferred_of("SIZE(mem_section)=32\nNUMBER(pgtable_l5_enabled)=1\n").length("mem_section"),
            262144U);
  for (const char* text : {"", "SIZE(mem_section)=0\n", "SIZE(mem_section)=8192\n",
                           "SIZE(mem_section)=16\nNUMBER(SECTION_SIZE_BITS)=46\n",
                           "SIZE(mem_section)=16\nNUMBER(MAX_PHYSMEM_BITS)=9223372036854775807\n"}) {
    EXPECT_FALSE(inferred_of(text).length("mem_section").has_value()) << text;
  }
  EXPECT_FALSE(inferred_of("SIZE(mem_section)=16\n", elf::EM_AARCH64).length("mem_section").has_value());
}

TEST(Inferred, TheStacksSizeIsTheFirstTasks) {
  EXPECT_EQ(
      inferred_of("SYMBOL(__start_init_task)=ffffffff82a00000\nSYMBOL(__end_init_task)=ffffffff82a04000\n")
          .size("thread_union"),
      16384U);
  EXPECT_EQ(
      inferred_of("SYMBOL(__start_init_stack)=1000\nSYMBOL(__end_init_stack)=9000\n").size("thread_union"),
      32768U);
  EXPECT_FALSE(inferred_of("SYMBOL(__start_init_stack)=9000\nSYMBOL(__end_init_stack)=1000\n")
                   .size("thread_union")
                   .has_value());
}

TEST(Inferred, ReservedStandsBeforePrivate) {
  EXPECT_EQ(inferred_of("NUMBER(PG_private)=13\n").number("PG_reserved"), 12);
  EXPECT_FALSE(inferred_of("NUMBER(PG_private)=0\n").number("PG_reserved").has_value());
}

TEST(Inferred, TheNumberOfNodesOnlyWhereTheMaskTells) {
  EXPECT_EQ(inferred_of("SYMBOL(node_data)=1000\nSIZE(nodemask_t)=128\n").length("node_data"), 1024U);
  EXPECT_FALSE(inferred_of("SYMBOL(node_data)=1000\nSIZE(nodemask_t)=8\n").length("node_data").has_value());
  EXPECT_FALSE(inferred_of("SIZE(nodemask_t)=128\n").length("node_data").has_value());
}

TEST(Facts, SourcesHaveNames) {
  EXPECT_EQ(name_of(FactSource::vmcoreinfo), "vmcoreinfo");
  EXPECT_EQ(name_of(FactSource::inferred), "inferred");
}

TEST(Inferred, NothingFollowsFromAnotherShape) {
  // Slab as a page type (6.10), page types as numbers (6.12), and kernels before page types (-128).
  for (const char* text : {"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-5\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n",
                           "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\nNUMBER(PG_slab)=9\n",
                           "NUMBER(PG_slab)=7\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-128\n"}) {
    EXPECT_FALSE(inferred_of(text).number("PAGE_OFFLINE_MAPCOUNT_VALUE").has_value()) << text;
  }
}

}  // namespace
}  // namespace kdump
