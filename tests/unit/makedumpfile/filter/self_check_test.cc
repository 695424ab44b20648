// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/self_check.h"

#include <gmock/gmock.h>

namespace kdump {
namespace {

using namespace dump_level;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kAnyCache = kCache | kPrivateCache;

// ---- Facts ----

// What 6.12 says.
constexpr std::string_view kSound =
    "SIZE(page)=64\nOFFSET(page.flags)=0\nOFFSET(page.mapping)=24\nOFFSET(page._mapcount)=48\n"
    "NUMBER(PG_lru)=5\nNUMBER(PG_private)=14\nNUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=17\n"
    "NUMBER(PG_hwpoison)=20\nNUMBER(PG_reserved)=13\nNUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376\n"
    "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\nNUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-201326592\n"
    "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-251658240\n";

Facts facts_with(std::string_view line, std::string_view in_place_of = {}) {
  std::string text(kSound);
  if (!in_place_of.empty()) {
    const size_t at = text.find(in_place_of);
    if (at == std::string::npos) std::abort();
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  return Facts(Vmcoreinfo(text + std::string(line) + "\n"));
}

int rules_of(const std::vector<Finding>& findings) {
  int rules = 0;
  for (const Finding& finding : findings) rules |= finding.rules;
  return rules;
}

TEST(CheckFacts, SoundOnesPass) {
  EXPECT_THAT(check_facts(facts_with("")), IsEmpty());
  EXPECT_THAT(check_facts(Facts(Vmcoreinfo(std::string_view()))), IsEmpty());
  // Of 6.1 and of 4.17.
  EXPECT_THAT(check_facts(Facts(Vmcoreinfo(
                  "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n"))),
              IsEmpty());
  EXPECT_THAT(check_facts(Facts(Vmcoreinfo("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-128\n"))), IsEmpty());
}

TEST(CheckFacts, VmcoreinfoAndTheKernelsOwnTypesMustAgree) {
  const struct {
    const char* key;
    int rules;
  } cases[] = {{"OFFSET(page.flags)", kAnyCache | kUser | kFree | kKeepOffline | kKeepHwpoison},
               {"OFFSET(page.mapping)", kAnyCache | kUser},
               {"NUMBER(PG_lru)", kAnyCache},
               {"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", kFree},
               {"NUMBER(PG_hwpoison)", kKeepHwpoison}};
  for (const auto& [key, rules] : cases) {
    Facts facts = facts_with("");
    facts.add(key, facts.find(key)->value, FactSource::btf);
    EXPECT_THAT(check_facts(facts), IsEmpty()) << key;
    facts.add(key, 8, FactSource::btf);
    const auto findings = check_facts(facts);
    ASSERT_EQ(findings.size(), 1U) << key;
    EXPECT_EQ(findings[0].rules, rules) << key;
    EXPECT_THAT(findings[0].text, HasSubstr(key));
    EXPECT_THAT(findings[0].text, HasSubstr("8 in the kernel's own types"));
  }
}

TEST(CheckFacts, OnlyWhatTheRulesUseCounts) {
  Facts facts = facts_with("OFFSET(printk_info.seq)=0\nOFFSET(page._refcount)=52");
  facts.add("OFFSET(printk_info.seq)", 8, FactSource::btf);
  facts.add("OFFSET(page._refcount)", 8, FactSource::btf);
  facts.add("OFFSET(page.flags)", 8, FactSource::named_file);  // of another kernel, perhaps
  EXPECT_THAT(check_facts(facts), IsEmpty());
}

TEST(CheckFacts, NoTwoFlagsAreOneBit) {
  EXPECT_EQ(rules_of(check_facts(facts_with("NUMBER(PG_lru)=13", "NUMBER(PG_lru)"))), kAnyCache);
  EXPECT_EQ(rules_of(check_facts(facts_with("NUMBER(PG_hwpoison)=14", "NUMBER(PG_hwpoison)"))),
            kAnyCache | kKeepHwpoison);
}

TEST(CheckFacts, NoTwoPageTypesAreOneValue) {
  const auto findings = check_facts(
      facts_with("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-251658240", "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rules, kFree | kKeepOffline);
  EXPECT_THAT(findings[0].text, HasSubstr("are both -251658240"));
}

TEST(CheckFacts, APageTypeIsNoMapcount) {
  for (const char* value : {"-1", "0", "1", "-127"}) {
    const auto findings = check_facts(facts_with(fmt::format("NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)={}", value),
                                                 "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)"));
    ASSERT_EQ(findings.size(), 1U) << value;
    EXPECT_EQ(findings[0].rules, kKeepOffline);
    EXPECT_THAT(findings[0].text, HasSubstr("no page type"));
  }
}

// ---- What was classified ----

class CheckClassified : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<Finding> findings() const {
    return check_classified(31, excluded, rescued, evidence, counters);
  }
  // Found with `pages` of the class and not with one less.
  void expect_limit(PageClass page_class, uint64_t pages, int rules) {
    excluded[page_class] = pages - 1;
    EXPECT_THAT(findings(), IsEmpty()) << page_class_name(page_class);
    excluded[page_class] = pages;
    EXPECT_EQ(rules_of(findings()), rules) << page_class_name(page_class);
    excluded[page_class] = 0;
  }

  ClassCounts excluded, rescued;
  Evidence evidence;
  KernelCounters counters;
};

// 0.5 % and 125 pages a CPU.
TEST_F(CheckClassified, CountersAreTheLimitOfTheirClass) {
  counters.cpus = 4;
  excluded[PageClass::unaccepted] = 50000;
  counters.free = 100000;
  counters.file = 200000;
  counters.anonymous = 0;
  counters.poisoned = 7;
  expect_limit(PageClass::free, 100000 - 50000 + 500 + 500 + 1, kFree);
  expect_limit(PageClass::cache, 200000 + 1000 + 500 + 1, kAnyCache);
  expect_limit(PageClass::private_cache, 200000 + 1000 + 500 + 1, kAnyCache);
  expect_limit(PageClass::user, 501, kUser);
  expect_limit(PageClass::hwpoison, 508, kKeepHwpoison);
}

TEST_F(CheckClassified, WithoutCountersThereIsNoAlarm) {
  for (const auto c : {PageClass::free, PageClass::cache, PageClass::user, PageClass::hwpoison})
    excluded[c] = UINT64_MAX / 2;
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CheckClassified, FewerThanCountedIsNoFinding) {
  counters.free = 1000;
  counters.file = counters.anonymous = counters.hugetlb = UINT64_MAX;
  excluded[PageClass::free] = 5;
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CheckClassified, HugetlbPagesHaveACounterOfTheirOwn) {
  counters.anonymous = 1000;
  counters.hugetlb = 12288;
  excluded[PageClass::user] = 13288;
  evidence.hugetlb = 12288;
  EXPECT_THAT(findings(), IsEmpty());
  excluded[PageClass::user] = evidence.hugetlb = 100000;
  EXPECT_EQ(rules_of(findings()), kUser);
  EXPECT_THAT(findings()[0].text, HasSubstr("nr_huge_pages"));
}

TEST_F(CheckClassified, TheTextNamesBothNumbersAndTheCounter) {
  counters.free = 80000;
  excluded[PageClass::free] = 120000;
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].text, "120,000 pages look free, the kernel counts 80,000 (NR_FREE_PAGES)");
}

TEST_F(CheckClassified, DoubtsAboveWhatCpusAreBusyWith) {
  counters.cpus = 2;
  excluded[PageClass::cache] = 2000;  // 10 doubts more
  for (int i = 0; i < 128 + 10; ++i) evidence.add(PageClass::cache, Doubt::no_mapping);
  EXPECT_THAT(findings(), IsEmpty());
  evidence.add(PageClass::cache, Doubt::unused);
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].rules, kAnyCache);
  EXPECT_EQ(findings()[0].text, "139 struct pages look like page cache, most of them part of no file");
}

TEST_F(CheckClassified, OneBadBatchIsDamageManyAreWrongFacts) {
  excluded[PageClass::free] = 100000;
  evidence.bad_batch_doubts[PageClass::free] = 1024;
  evidence.bad_batches = 1;
  EXPECT_THAT(findings(), IsEmpty());
  evidence.bad_batch_doubts[PageClass::free] = 50000;
  EXPECT_EQ(rules_of(findings()), kFree);
}

// Where page types are wrong, free pages are not found, and neither are slab pages, which then pass for
// others.
TEST_F(CheckClassified, WithoutFreePagesPageTypesAreNotTrusted) {
  counters.free = 200000;
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].rules, kUser | kKeepOffline);
  EXPECT_THAT(findings()[0].text, HasSubstr("only 0 pages look free, the kernel counts 200,000"));
  EXPECT_THAT(check_classified(15, excluded, rescued, evidence, counters), IsEmpty());  // not looked for
  excluded[PageClass::free] = 20000;
  EXPECT_THAT(findings(), IsEmpty());
  excluded[PageClass::free] = 0;
  counters.free = 2000;
  EXPECT_THAT(findings(), IsEmpty());
  counters.free = 200000;
  evidence.add(PageClass::free, Doubt::in_use);  // found, and doubted for themselves
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CheckClassified, ProtectedPagesThatARuleNames) {
  rescued[PageClass::user] = 125;
  EXPECT_THAT(findings(), IsEmpty());
  rescued[PageClass::user] = 126;
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].rules, kUser);
  EXPECT_THAT(findings()[0].text, HasSubstr("the kernel's own"));
}

TEST(ApplyFindings, TakesAwayWhatIsNotTrusted) {
  std::vector<std::string> reasons;
  EXPECT_EQ(apply_findings(31, {}, reasons), 31);
  EXPECT_EQ(apply_findings(31, {{kFree, "a"}}, reasons), 15);
  EXPECT_EQ(apply_findings(15, {{kAnyCache, "b"}, {kAnyCache | kUser, "c"}}, reasons), 1);
  EXPECT_THAT(reasons, ElementsAre("a", "b", "c"));
  EXPECT_EQ(apply_findings(31, {{kKeepOffline, "d"}}, reasons), 31 | kKeepOffline);
}

TEST(ApplyFindings, WhatChangesNothingIsNoReason) {
  std::vector<std::string> reasons;
  EXPECT_EQ(apply_findings(1, {{kFree | kUser, "a"}}, reasons), 1);
  EXPECT_EQ(apply_findings(kKeepOffline, {{kKeepOffline, "b"}}, reasons), kKeepOffline);
  EXPECT_THAT(reasons, IsEmpty());
  EXPECT_EQ(apply_findings(31, {{kFree, "c"}}, reasons), 15);
  EXPECT_EQ(apply_findings(31, {{kFree, "c"}}, reasons), 15);
  EXPECT_THAT(reasons, ElementsAre("c"));
}

}  // namespace
}  // namespace kdump
