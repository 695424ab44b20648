// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/page_layout.h"

#include <gmock/gmock.h>

namespace kdump {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What every kernel since 5.10 tells.
constexpr std::string_view kCommon =
    "SIZE(page)=64\nOFFSET(page.flags)=0\nOFFSET(page.mapping)=24\nOFFSET(page._mapcount)=48\nOFFSET(page."
    "private)=40\n"
    "OFFSET(page.compound_head)=8\nNUMBER(PG_lru)=4\nNUMBER(PG_private)=13\nNUMBER(PG_swapcache)=10\n"
    "NUMBER(PG_swapbacked)=19\nNUMBER(PG_head_mask)=65536\nLENGTH(zone.free_area)=11\n";

Result<PageLayout> layout_of(std::string_view more, std::string_view common = kCommon) {
  return read_page_layout(Facts(Vmcoreinfo(std::string(common) + std::string(more))));
}

TEST(PageLayout, OfSixOne) {
  const auto layout = layout_of(
      "OFFSET(page.compound_dtor)=16\nOFFSET(page.compound_order)=17\nNUMBER(HUGETLB_PAGE_DTOR)=2\nNUMBER(PG_"
      "slab)=9\n"
      "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n");
  ASSERT_TRUE(layout) << layout.error().message();
  EXPECT_EQ(layout->buddy, 0xffffff7fU);
  EXPECT_EQ(layout->offline, 0xfffffeffU);
  EXPECT_EQ(layout->slab, kNoPageType);
  EXPECT_EQ(layout->slab_flag, 1U << 9);
  EXPECT_EQ(layout->hwpoison, 0U);
  EXPECT_EQ(layout->order, OrderEncoding::byte);
  EXPECT_EQ(layout->order_offset, 17U);
  EXPECT_EQ(layout->hugetlb_encoding, HugetlbEncoding::dtor_byte);
  EXPECT_THAT(layout->gaps, IsEmpty());
}

TEST(PageLayout, HalfWordsOfOlderKernelsAreKnownByTheirDistance) {
  const auto layout = layout_of(
      "OFFSET(page.compound_dtor)=16\nOFFSET(page.compound_order)=18\nNUMBER(HUGETLB_PAGE_DTOR)=2\n");
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->order, OrderEncoding::half_word);
  EXPECT_EQ(layout->hugetlb_encoding, HugetlbEncoding::dtor_half_word);
}

TEST(PageLayout, OrderAndDtorOfAFolioLieInItsSecondPage) {
  const auto layout =
      layout_of("OFFSET(folio._folio_dtor)=80\nOFFSET(folio._folio_order)=81\nNUMBER(HUGETLB_PAGE_DTOR)=2\n");
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->order_offset, 17U);
  EXPECT_EQ(layout->dtor_offset, 16U);
}

TEST(PageLayout, HugetlbByItsFlagOrItsPageType) {
  const auto flag = layout_of("NUMBER(PG_hugetlb)=8\n");
  ASSERT_TRUE(flag);
  EXPECT_EQ(flag->order, OrderEncoding::flags_low_byte);
  EXPECT_EQ(flag->hugetlb_encoding, HugetlbEncoding::flag);
  EXPECT_EQ(flag->hugetlb_value, 1U << 8);
  const auto type = layout_of("NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-201326592\n");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->hugetlb_encoding, HugetlbEncoding::page_type);
  EXPECT_EQ(type->hugetlb, 0xf4000000U);
}

TEST(PageLayout, SlabAsAPageTypeSilencesTheFlag) {
  const auto layout = layout_of("NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376\nNUMBER(PG_slab)=7\n");
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->slab, 0xf5000000U);
  EXPECT_EQ(layout->slab_flag, 0U);
}

TEST(PageLayout, TellsWhatItCannotTell) {
  const auto layout = layout_of("");
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->gaps.size(), 4U);
  EXPECT_THAT(layout->gaps.front(), HasSubstr("PAGE_BUDDY_MAPCOUNT_VALUE"));
}

std::string without(std::string text, std::string_view key) {
  const size_t at = text.find(key);
  return text.erase(at, text.find('\n', at) + 1 - at);
}

TEST(PageLayout, FreePagesAreNotKnownWithoutAllOfTheirFacts) {
  constexpr std::string_view kTypes = "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(PG_slab)=9\n";
  EXPECT_EQ(layout_of(kTypes)->buddy, 0xffffff7fU);
  for (const char* key : {"OFFSET(page.private)", "OFFSET(page._mapcount)"}) {
    const auto layout = layout_of(kTypes, without(std::string(kCommon), key));
    ASSERT_TRUE(layout) << layout.error().message();
    EXPECT_EQ(layout->buddy, kNoPageType);
    EXPECT_THAT(layout->gaps.front(), HasSubstr(key));
  }
}

TEST(PageLayout, WithoutMapcountSlabMustBeAFlag) {
  EXPECT_THAT(layout_of("NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376\n",
                        without(std::string(kCommon), "OFFSET(page._mapcount)"))
                  .error()
                  .message(),
              HasSubstr("OFFSET(page._mapcount)"));
}

TEST(PageLayout, CompoundHeadWasRenamed) {
  std::string renamed(kCommon);
  renamed.replace(renamed.find("compound_head"), 13, "compound_info");
  ASSERT_TRUE(layout_of("", renamed));
  EXPECT_EQ(layout_of("", renamed)->compound_head, 8U);
}

TEST(PageLayout, RefusesMembersOutsideStructPage) {
  for (const char* bad : {"OFFSET(page.flags)=64\n", "OFFSET(page.mapping)=4294967295\n", "SIZE(page)=8\n",
                          "SIZE(page)=1048576\n", "OFFSET(page.compound_order)=63\n"}) {
    const auto layout = layout_of(bad);
    ASSERT_FALSE(layout) << bad;
    EXPECT_EQ(layout.error().kind(), ErrorKind::corrupt) << bad;
  }
  EXPECT_THAT(layout_of("NUMBER(PG_lru)=64\n").error().message(), HasSubstr("PG_lru"));
}

TEST(PageLayout, NamesTheMissingFact) {
  EXPECT_THAT(layout_of("", "SIZE(page)=64\n").error().message(), HasSubstr("OFFSET(page.flags)"));
}

}  // namespace
}  // namespace kdump
