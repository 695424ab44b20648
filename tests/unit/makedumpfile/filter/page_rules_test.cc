// SPDX-License-Identifier: GPL-2.0-or-later
// The rules on struct pages of 6.1, one by one and against each other.
#include "makedumpfile/filter/page_rules.h"

#include <gmock/gmock.h>

#include "common/endian.h"
#include "makedumpfile/filter/dump_level.h"
#include "makedumpfile/kernel/facts.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {

void PrintTo(const Verdict& v, std::ostream* out) {
  *out << fmt::format("{} x {}", page_class_name(v.page_class), v.pages);
}
static bool operator==(const Verdict& a, const Verdict& b) {
  return a.page_class == b.page_class && a.pages == b.pages;
}

namespace {

using Pages = test::FakeStructPages;

constexpr int kAll = dump_level::kMax;
constexpr Verdict kKept{PageClass::kept, 1};
constexpr Pfn kPfn{1024};                    // aligned to order 10
constexpr uint32_t kOfItsType = 0xdeadbeef;  // references: as many as such a page has in a sound kernel

PageLayout layout_of_6_1() {
  test::FakeKernel kernel;
  const Pages pages(kernel);
  return *read_page_layout(Facts(Vmcoreinfo(kernel.vmcoreinfo())));
}

struct Page {
  uint64_t flags = 0;
  uint64_t mapping = 0;
  uint32_t mapcount = UINT32_MAX;
  uint64_t private_value = 0;
  uint64_t compound_head = 0;
  uint8_t next_dtor = 0, next_order = 0;
  uint64_t next_flags = 0;
  uint64_t next_compound_head = 1;  // a tail
  Pfn pfn = kPfn;
  bool has_next = true;
  uint32_t references = kOfItsType;
};

class PageRules : public ::testing::Test {
 protected:
  Verdict classify(const Page& page, int level = kAll) const {
    std::array<std::byte, 128> bytes{};
    const auto put = [&](size_t offset, auto value) {
      std::memcpy(bytes.data() + offset, &value, sizeof value);
    };
    put(0, page.flags);
    put(8, page.compound_head);
    put(24, page.mapping);
    put(40, page.private_value);
    put(48, page.mapcount);
    const bool is_free = page.mapcount == Pages::kBuddy || page.mapcount == 0xf7000000;
    const uint32_t by_type = is_free ? 0 : 1;
    put(52, page.references == kOfItsType ? by_type : page.references);
    put(64, page.next_flags);
    put(64 + 8, page.next_compound_head);
    put(64 + 16, page.next_dtor);
    put(64 + 17, page.next_order);
    return classify_page(layout, level, page.pfn, bytes.data(), page.has_next ? bytes.data() + 64 : nullptr);
  }
  // At each level: the class where the level has one of `bits`, kept elsewhere.
  void expect_only_with(const Page& page, int bits, PageClass page_class) const {
    for (int level = 0; level <= kAll; ++level) {
      const PageClass expected = (level & bits) != 0 ? page_class : PageClass::kept;
      EXPECT_EQ(classify(page, level).page_class, expected) << "level " << level;
    }
  }

  PageLayout layout = layout_of_6_1();
};

TEST_F(PageRules, KernelMemoryIsKept) {
  EXPECT_EQ(classify({}), kKept);
  EXPECT_EQ(classify({.flags = Pages::kSlab, .mapping = 0xffff888000000000}), kKept);
}

TEST_F(PageRules, FreeBlocks) {
  EXPECT_EQ(classify({.mapcount = Pages::kBuddy, .private_value = 10}), (Verdict{PageClass::free, 1024}));
  expect_only_with({.mapcount = Pages::kBuddy}, dump_level::kFree, PageClass::free);
}

TEST_F(PageRules, FreeBlocksOfImpossibleOrderAreKept) {
  EXPECT_EQ(classify({.mapcount = Pages::kBuddy, .private_value = 11}), kKept);
  EXPECT_EQ(classify({.mapcount = Pages::kBuddy, .private_value = UINT64_MAX}), kKept);
  EXPECT_EQ(classify({.mapcount = Pages::kBuddy, .private_value = 10, .pfn = Pfn(1025)}), kKept);
}

TEST_F(PageRules, SlabIsNeverFree) {
  EXPECT_EQ(classify({.flags = Pages::kSlab, .mapcount = Pages::kBuddy}), kKept);
  EXPECT_EQ(classify({.flags = Pages::kSlab, .mapcount = Pages::kOffline}), kKept);
}

TEST_F(PageRules, CacheWithoutPrivateData) {
  expect_only_with({.flags = Pages::kLru, .mapping = 0xffff888000000000},
                   dump_level::kCache | dump_level::kPrivateCache, PageClass::cache);
}

TEST_F(PageRules, CacheWithPrivateData) {
  expect_only_with({.flags = Pages::kLru | Pages::kPrivate, .mapping = 0xffff888000000000},
                   dump_level::kPrivateCache, PageClass::private_cache);
}

TEST_F(PageRules, AnonymousMemoryOnTheLruIsUsersNotCache) {
  expect_only_with({.flags = Pages::kLru | Pages::kSwapbacked, .mapping = 0xffff888000000001},
                   dump_level::kUser, PageClass::user);
  expect_only_with({.mapping = 0xffff888000000003}, dump_level::kUser, PageClass::user);  // KSM
}

TEST_F(PageRules, SwapcacheCountsOnlyWithSwapbacked) {
  // Alone the bit is PG_owner_priv_1: a file system's or Xen's.
  EXPECT_EQ(classify({.flags = Pages::kSwapcache}), kKept);
  EXPECT_EQ(classify({.flags = Pages::kSwapcache | Pages::kSwapbacked}).page_class, PageClass::cache);
  layout.swapbacked = 0;  // before 4.10
  EXPECT_EQ(classify({.flags = Pages::kSwapcache}).page_class, PageClass::cache);
}

TEST_F(PageRules, SlabIsNotAnonymousWhateverItsMappingSays) {
  EXPECT_EQ(classify({.flags = Pages::kSlab, .mapping = 1}), kKept);
}

TEST_F(PageRules, ACompoundPageGoesAsAWhole) {
  const Page huge{.flags = Pages::kHead | Pages::kLru, .mapping = 1, .next_dtor = 1, .next_order = 9};
  EXPECT_EQ(classify(huge), (Verdict{PageClass::user, 512}));
  EXPECT_EQ(classify(huge, dump_level::kFree), kKept);
}

TEST_F(PageRules, ATailGoesWithItsHead) {
  EXPECT_EQ(classify({.flags = Pages::kLru, .mapping = 1, .compound_head = 0xffffea0000000001}), kKept);
}

TEST_F(PageRules, HugetlbIsUsers) {
  expect_only_with({.flags = Pages::kHead, .next_dtor = 2, .next_order = 9}, dump_level::kUser,
                   PageClass::user);
  EXPECT_EQ(classify({.flags = Pages::kHead, .next_dtor = 1, .next_order = 9}), kKept);
  EXPECT_EQ(classify({.flags = 0, .next_dtor = 2, .next_order = 9}), kKept);  // no head
}

// makedumpfile shifts 1 by any order below 64, in an int: 31 to 63 are undefined there, and a damaged struct
// page of pfn 0 or of any aligned one takes up to 2^30 pages with it.
TEST_F(PageRules, CorruptOrdersTakeNoPagesWithThem) {
  for (const uint8_t dtor : {uint8_t{1}, uint8_t{2}}) {
    for (unsigned order = 19; order < 256; ++order) {
      for (const uint64_t pfn : {uint64_t{0}, uint64_t{1} << 18, uint64_t{1} << 40}) {
        const Page page{.flags = Pages::kHead,
                        .mapping = 1,
                        .next_dtor = dtor,
                        .next_order = static_cast<uint8_t>(order),
                        .pfn = Pfn(pfn)};
        EXPECT_EQ(classify(page), kKept) << "order " << order << ", pfn " << pfn;
      }
    }
  }
  EXPECT_EQ(classify({.flags = Pages::kHead, .mapping = 1, .next_order = 9, .pfn = Pfn(511)}).pages,
            1U);  // not aligned
}

// Only hugetlb pages are larger than the largest free block.
TEST_F(PageRules, OrdersThatThePageAllocatorDoesNotHaveAreHugetlbsOnly) {
  constexpr Pfn kGigabyte{1 << 18};
  const auto pages = [&](uint8_t order, uint8_t dtor) {
    return classify({.flags = Pages::kHead,
                     .mapping = 1,
                     .next_dtor = dtor,
                     .next_order = order,
                     .pfn = kGigabyte})
        .pages;
  };
  EXPECT_EQ(pages(10, 1), 1024U);
  EXPECT_EQ(pages(11, 1), 1U);
  EXPECT_EQ(pages(18, 1), 1U);
  EXPECT_EQ(pages(18, 2), 1U << 18);
  layout.buddy_orders = 0;  // not told
  EXPECT_EQ(pages(18, 1), 1U << 18);
}

TEST_F(PageRules, AHeadThatNoTailFollowsIsKept) {
  EXPECT_EQ(classify({.flags = Pages::kHead, .mapping = 1, .next_order = 9, .next_compound_head = 0}), kKept);
  EXPECT_EQ(classify({.flags = Pages::kHead, .next_dtor = 2, .next_order = 9, .next_compound_head = 0}),
            kKept);
}

TEST_F(PageRules, AHeadAtTheEndOfWhatIsKnownCountsAsOnePage) {
  EXPECT_EQ(classify({.flags = Pages::kHead, .mapping = 1, .next_order = 9, .has_next = false}),
            (Verdict{PageClass::user, 1}));
}

TEST_F(PageRules, PoisonedAndOfflinePagesGoAtEveryLevel) {
  for (int level = 0; level <= kAll; ++level) {
    EXPECT_EQ(classify({.flags = Pages::kHwpoison}, level).page_class, PageClass::hwpoison);
    EXPECT_EQ(classify({.mapcount = Pages::kOffline}, level).page_class, PageClass::offline);
    // A tail, too: reading it may stop the machine.
    EXPECT_EQ(classify({.flags = Pages::kHwpoison, .compound_head = 1}, level),
              (Verdict{PageClass::hwpoison, 1}));
  }
}

TEST_F(PageRules, TheFirstRuleThatHoldsDecides) {
  EXPECT_EQ(classify({.flags = Pages::kHwpoison, .mapcount = Pages::kBuddy}).page_class, PageClass::free);
  EXPECT_EQ(classify({.flags = Pages::kLru | Pages::kHwpoison, .mapping = 0xffff888000000000}).page_class,
            PageClass::cache);
  EXPECT_EQ(classify({.flags = Pages::kHwpoison, .mapping = 1}).page_class, PageClass::user);
  EXPECT_EQ(classify({.flags = Pages::kHwpoison, .mapcount = Pages::kOffline}).page_class,
            PageClass::hwpoison);
}

// Since 6.10; makedumpfile goes on with bit 7 as PG_slab.
TEST_F(PageRules, WaitersAreNotTakenForSlab) {
  layout.slab = 0xf5000000;
  layout.slab_flag = 0;
  EXPECT_EQ(classify({.flags = 1 << 7, .mapping = 1}).page_class, PageClass::user);
  EXPECT_EQ(classify({.flags = 1 << 7 | Pages::kLru, .mapping = 1}, dump_level::kCache), kKept);
  EXPECT_EQ(classify({.flags = 1 << 7, .mapcount = Pages::kBuddy}).page_class, PageClass::free);
  EXPECT_EQ(classify({.flags = 1 << 7, .mapcount = Pages::kOffline}, 0).page_class, PageClass::offline);
  EXPECT_EQ(classify({.mapping = 1, .mapcount = 0xf5000000}), kKept);
}

TEST_F(PageRules, UnacceptedBlocksAreOfTheHighestOrder) {
  layout.unaccepted = 0xf7000000;
  EXPECT_EQ(classify({.mapcount = 0xf7000000}), (Verdict{PageClass::unaccepted, 1024}));
  EXPECT_EQ(classify({.mapcount = 0xf7000000}, 15), kKept);
}

TEST_F(PageRules, OrderAndHugetlbOfLaterKernels) {
  layout.order = OrderEncoding::flags_low_byte;
  layout.hugetlb_encoding = HugetlbEncoding::page_type;
  layout.hugetlb = 0xf4000000;
  EXPECT_EQ(classify({.flags = Pages::kHead, .mapcount = 0xf4000000, .next_flags = 0xab00 + 9}),
            (Verdict{PageClass::user, 512}));
  layout.hugetlb_encoding = HugetlbEncoding::flag;
  layout.hugetlb_value = 1 << 8;
  EXPECT_EQ(classify({.flags = Pages::kHead, .next_flags = 0x100 + 9}), (Verdict{PageClass::user, 512}));
  EXPECT_EQ(classify({.flags = Pages::kHead, .next_flags = 0x200 + 9}), kKept);
}

// ---- What contradicts a rule keeps the page, and is told. ----

TEST_F(PageRules, PagesThatSomebodyHoldsAreNotFree) {
  const Verdict verdict = classify({.mapcount = Pages::kBuddy, .private_value = 3, .references = 1});
  EXPECT_EQ(verdict, kKept);
  EXPECT_EQ(verdict.doubt, Doubt::in_use);
  EXPECT_EQ(verdict.doubted, PageClass::free);
  layout.refcount = kNoOffset;  // not told: nothing to doubt
  EXPECT_EQ(classify({.mapcount = Pages::kBuddy, .private_value = 3, .references = 1}),
            (Verdict{PageClass::free, 8}));
}

TEST_F(PageRules, ReservedPagesAreNeitherFreeNorCache) {
  layout.reserved = 1 << 12;
  EXPECT_EQ(classify({.flags = 1 << 12, .mapcount = Pages::kBuddy}).doubt, Doubt::in_use);
  EXPECT_EQ(classify({.flags = 1 << 12 | Pages::kLru, .mapping = 0xffff888000000000}).doubt,
            Doubt::other_type);
}

TEST_F(PageRules, CacheBelongsToAFile) {
  EXPECT_EQ(classify({.flags = Pages::kLru}).doubt, Doubt::no_mapping);
  EXPECT_EQ(classify({.flags = Pages::kLru}), kKept);
  EXPECT_EQ(classify({.flags = Pages::kLru, .mapping = 0xffff888000000004}).doubt, Doubt::no_mapping);
  EXPECT_EQ(classify({.flags = Pages::kLru, .mapping = 0xffff888000000008}).page_class, PageClass::cache);
  // Read ahead from swap: on the LRU, in the swap cache, nobody's yet.
  EXPECT_EQ(classify({.flags = Pages::kLru | Pages::kSwapcache | Pages::kSwapbacked}).page_class,
            PageClass::cache);
}

TEST_F(PageRules, UsedPagesAreReferredTo) {
  for (const uint32_t references : {0U, 0xffffffffU, 0xffff8f41U}) {
    EXPECT_EQ(classify({.flags = Pages::kLru, .mapping = 1, .references = references}).doubt, Doubt::unused);
    EXPECT_EQ(classify({.flags = Pages::kLru, .mapping = 0xffff888000000000, .references = references}).doubt,
              Doubt::unused);
  }
  // A hugetlb page that nobody uses has no references.
  EXPECT_EQ(classify({.flags = Pages::kHead, .next_dtor = 2, .next_order = 9, .references = 0}),
            (Verdict{PageClass::user, 512}));
}

TEST_F(PageRules, PagesOfATypeAreNeitherCacheNorUsers) {
  for (const uint32_t type : {~0x200U, ~0x400U, 0xf2000000U, 0xf8000001U}) {
    EXPECT_EQ(classify({.flags = Pages::kLru, .mapping = 0xffff888000000000, .mapcount = type}).doubt,
              Doubt::other_type);
    EXPECT_EQ(classify({.mapping = 1, .mapcount = type}).doubt, Doubt::other_type);
  }
  // Mapped 5 times, or an underflow that is no type.
  for (const uint32_t count : {4U, 0xffffffffU, 0xfffffff0U})
    EXPECT_EQ(classify({.mapping = 1, .mapcount = count}).page_class, PageClass::user);
  EXPECT_EQ(classify({.flags = Pages::kLru | Pages::kSlab, .mapping = 0xffff888000000000}).doubt,
            Doubt::other_type);
  EXPECT_EQ(classify({.flags = Pages::kSlab | Pages::kHead, .next_dtor = 2, .next_order = 9}).doubt,
            Doubt::other_type);
}

TEST_F(PageRules, HugetlbPagesAreNotAsSmallAsSlabs) {
  EXPECT_EQ(classify({.flags = Pages::kHead, .next_dtor = 2, .next_order = 3}).doubt, Doubt::bad_order);
  EXPECT_EQ(classify({.flags = Pages::kHead, .next_dtor = 2, .next_order = 4}),
            (Verdict{PageClass::user, 16}));
}

TEST_F(PageRules, ImpossibleOrdersAreDoubted) {
  EXPECT_EQ(classify({.mapcount = Pages::kBuddy, .private_value = 11}).doubt, Doubt::bad_order);
  EXPECT_EQ(classify({.mapcount = Pages::kBuddy, .private_value = 3, .pfn = Pfn(1025)}).doubt,
            Doubt::bad_order);
  EXPECT_EQ(classify({.flags = Pages::kHead, .mapping = 1, .next_order = 9, .pfn = Pfn(511)}).doubt,
            Doubt::bad_order);
}

TEST_F(PageRules, StructPagesThatWereNeverInitialisedSayNothing) {
  const Page poisoned{.flags = UINT64_MAX,
                      .mapping = UINT64_MAX,
                      .private_value = UINT64_MAX,
                      .compound_head = UINT64_MAX,
                      .references = UINT32_MAX};
  for (int level = 0; level <= kAll; ++level) {
    EXPECT_EQ(classify(poisoned, level), kKept);
    EXPECT_EQ(classify(poisoned, level).doubt, Doubt::poisoned);
  }
}

TEST_F(PageRules, ADoubtfulPageIsNotReadWhenItIsPoisoned) {
  EXPECT_EQ(classify({.flags = Pages::kLru | Pages::kHwpoison}), (Verdict{PageClass::hwpoison, 1}));
  EXPECT_EQ(classify({.flags = Pages::kHwpoison, .mapcount = Pages::kBuddy, .references = 1}),
            (Verdict{PageClass::hwpoison, 1}));
}

TEST_F(PageRules, RulesThatAreNotTrustedKeepTheirPages) {
  EXPECT_EQ(classify({.flags = Pages::kHwpoison}, kAll | dump_level::kKeepHwpoison), kKept);
  EXPECT_EQ(classify({.flags = Pages::kHwpoison, .compound_head = 1}, dump_level::kKeepHwpoison), kKept);
  EXPECT_EQ(classify({.mapcount = Pages::kOffline}, kAll | dump_level::kKeepOffline), kKept);
  EXPECT_EQ(classify({.mapcount = Pages::kOffline}, kAll | dump_level::kKeepHwpoison).page_class,
            PageClass::offline);
}

}  // namespace
}  // namespace kdump
