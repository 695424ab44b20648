// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/self_check.h"

#include <algorithm>
#include <optional>

#include "common/text.h"

namespace kdump {
namespace {

using namespace dump_level;

constexpr int kAnyCache = kCache | kPrivateCache;
constexpr int kAllRules = kAnyCache | kUser | kFree | kKeepOffline | kKeepHwpoison;

// Each CPU may hold back so many pages of a counter: stat_threshold of mm/vmstat.c.
constexpr uint64_t kHeldBack = 125;

// ---- Facts ----

// What goes wrong when a fact is wrong.
struct FactRow {
  std::string_view key;
  int rules;
};

// Those that mm/page_layout.cc and the rules use. _refcount is not there: with a wrong one pages are kept.
constexpr FactRow kFactRows[] = {
    {"SIZE(page)", kAllRules},
    {"OFFSET(page.flags)", kAllRules},
    {"OFFSET(page.compound_head)", kAllRules},
    {"OFFSET(page.compound_info)", kAllRules},
    {"OFFSET(page._mapcount)", kAnyCache | kUser | kFree | kKeepOffline},
    {"OFFSET(page.mapping)", kAnyCache | kUser},
    {"OFFSET(page.private)", kFree},
    {"LENGTH(zone.free_area)", kFree},
    {"OFFSET(page.compound_order)", kAnyCache | kUser},
    {"OFFSET(page.compound_dtor)", kUser},
    {"OFFSET(folio._folio_order)", kAnyCache | kUser},
    {"OFFSET(folio._folio_dtor)", kUser},
    {"NUMBER(PG_head_mask)", kAnyCache | kUser},
    {"NUMBER(PG_hugetlb)", kUser},
    {"NUMBER(HUGETLB_PAGE_DTOR)", kUser},
};

// Flags of struct page; no two are one bit (include/linux/page-flags.h). PG_hugetlb is one of the second
// page.
constexpr FactRow kFlagRows[] = {
    {"NUMBER(PG_lru)", kAnyCache},       {"NUMBER(PG_private)", kAnyCache},
    {"NUMBER(PG_swapcache)", kAnyCache}, {"NUMBER(PG_swapbacked)", kAnyCache},
    {"NUMBER(PG_slab)", kUser | kFree},  {"NUMBER(PG_hwpoison)", kKeepHwpoison},
    {"NUMBER(PG_reserved)", 0},
};

// Values of _mapcount that are no count; each has one meaning.
constexpr FactRow kTypeRows[] = {
    {"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", kFree},
    {"NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)", kFree},
    {"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", kKeepOffline},
    {"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", kAnyCache | kUser | kFree | kKeepOffline},
    {"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)", kAnyCache | kUser},
};
// PAGE_BUDDY_MAPCOUNT_VALUE before 4.18; all types of today are below.
constexpr int32_t kHighestType = -128;

int rules_of(std::string_view key) {
  for (const auto rows : {std::span<const FactRow>(kFactRows), std::span<const FactRow>(kFlagRows),
                          std::span<const FactRow>(kTypeRows)}) {
    for (const FactRow& row : rows)
      if (row.key == key) return row.rules;
  }
  return 0;
}

void check_contradictions(const Facts& facts, std::vector<Finding>& findings) {
  for (const Contradiction& found : facts.contradictions()) {
    const bool same_kernel =
        found.held.source == FactSource::vmcoreinfo && found.other.source == FactSource::btf;
    const int rules = rules_of(found.key);
    if (!same_kernel || rules == 0) continue;
    findings.push_back({rules, fmt::format("{} is {} in VMCOREINFO and {} in the kernel's own types (BTF)",
                                           found.key, found.held.value, found.other.value)});
  }
}

void check_pairs(const Facts& facts, std::span<const FactRow> rows, std::vector<Finding>& findings) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto one = facts.find(rows[i].key);
    for (size_t k = i + 1; one && k < rows.size(); ++k) {
      const auto other = facts.find(rows[k].key);
      if (!other || other->value != one->value) continue;
      findings.push_back({rows[i].rules | rows[k].rules,
                          fmt::format("{} and {} are both {}", rows[i].key, rows[k].key, one->value)});
    }
  }
}

void check_types(const Facts& facts, std::vector<Finding>& findings) {
  for (const FactRow& row : kTypeRows) {
    const auto fact = facts.find(row.key);
    if (!fact || static_cast<int32_t>(fact->value) <= kHighestType) continue;
    findings.push_back({row.rules, fmt::format("{} is {}, which is no page type", row.key, fact->value)});
  }
}

// ---- What was classified ----

struct Classified {
  int rules;
  const ClassCounts& excluded;
  const ClassCounts& rescued;
  const Evidence& evidence;
  const KernelCounters& counters;

  [[nodiscard]] uint64_t all(std::initializer_list<PageClass> classes) const {
    uint64_t sum = 0;
    for (const PageClass c : classes) sum += excluded[c];
    return sum;
  }
};

uint64_t free_pages(const Classified& c) { return c.all({PageClass::free, PageClass::unaccepted}); }
uint64_t cache_pages(const Classified& c) { return c.all({PageClass::cache, PageClass::private_cache}); }
uint64_t anonymous_pages(const Classified& c) {
  const uint64_t user = c.excluded[PageClass::user];
  return user - std::min(user, c.evidence.hugetlb);
}
uint64_t hugetlb_pages(const Classified& c) { return c.evidence.hugetlb; }
uint64_t poisoned_pages(const Classified& c) { return c.excluded[PageClass::hwpoison]; }

// The most that a counter of the kernel allows. New counter = a row, and one in mm/counters.cc.
constexpr struct {
  int rules;
  uint64_t (*classified)(const Classified& c);
  std::optional<uint64_t> KernelCounters::* counter;
  const char* look;
  const char* counter_name;
} kCounterRows[] = {
    {kFree, free_pages, &KernelCounters::free, "free", "NR_FREE_PAGES"},
    {kAnyCache, cache_pages, &KernelCounters::file, "like page cache", "NR_FILE_PAGES"},
    {kUser, anonymous_pages, &KernelCounters::anonymous, "like processes' memory", "NR_ANON_MAPPED, LRU"},
    {kUser, hugetlb_pages, &KernelCounters::hugetlb, "like hugetlb pages", "nr_huge_pages"},
    {kKeepHwpoison, poisoned_pages, &KernelCounters::poisoned, "poisoned", "num_poisoned_pages"},
};

void check_counters(const Classified& c, std::vector<Finding>& findings) {
  for (const auto& row : kCounterRows) {
    const auto counted = c.counters.*row.counter;
    if (!counted) continue;
    const uint64_t tolerance = *counted / 200 + kHeldBack * c.counters.cpus;
    const uint64_t classified = row.classified(c);
    if (classified <= saturated_sum(*counted, tolerance)) continue;
    findings.push_back(
        {row.rules, fmt::format("{} pages look {}, the kernel counts {} ({})", grouped(classified), row.look,
                                grouped(*counted), row.counter_name)});
  }
}

// Hardly any of the free pages that there are: then _mapcount is not where the facts say, or its page types
// have other values. So slab pages may pass for anonymous ones, and offline pages, counted nowhere, are
// something else.
void check_types_found(const Classified& c, std::vector<Finding>& findings) {
  const uint64_t found = free_pages(c);
  const uint64_t counted = c.counters.free.value_or(0);
  const bool in_doubt =
      c.evidence.doubtful(PageClass::free) + c.evidence.bad_batch_doubts[PageClass::free] != 0;
  const bool hardly_any = counted / 16 > saturated_sum(found, kHeldBack * c.counters.cpus);
  if ((c.rules & kFree) == 0 || in_doubt || !hardly_any) return;
  findings.push_back(
      {kUser | kKeepOffline,
       fmt::format("only {} pages look free, the kernel counts {} (NR_FREE_PAGES): page types are "
                   "not what the facts say",
                   grouped(found), grouped(counted))});
}

struct ClassRow {
  PageClass page_class;
  int rules;
  const char* look;
};

constexpr ClassRow kClassRows[] = {
    {PageClass::free, kFree, "free"},
    {PageClass::unaccepted, kFree, "unaccepted"},
    {PageClass::cache, kAnyCache, "like page cache"},
    {PageClass::private_cache, kAnyCache, "like page cache with private data"},
    {PageClass::user, kUser, "like processes' memory"},
    {PageClass::hwpoison, kKeepHwpoison, "poisoned"},
    {PageClass::offline, kKeepOffline, "offline"},
};

constexpr std::string_view kDoubtWords[kDoubtCount] = {
    "",
    "never initialised",
    "of an order that cannot be",
    "in use",
    "referred to by nobody",
    "part of no file",
    "something else by their page type",
};

// The doubt that most struct pages of a class are in.
size_t main_doubt(const Evidence& evidence, PageClass page_class) {
  const auto& doubts = evidence.doubts[std::to_underlying(page_class)];
  return static_cast<size_t>(std::ranges::max_element(doubts) - doubts.begin());
}

// Sound kernels have none, or what their CPUs were just busy with: a page being freed, truncated, migrated.
void check_doubts(const Classified& c, std::vector<Finding>& findings) {
  constexpr uint64_t kDoubtsOfACpu = 64;
  for (const ClassRow& row : kClassRows) {
    const uint64_t doubtful = c.evidence.doubtful(row.page_class);
    if (doubtful <= c.excluded[row.page_class] / 200 + kDoubtsOfACpu * c.counters.cpus) continue;
    findings.push_back(
        {row.rules, fmt::format("{} struct pages look {}, most of them {}", grouped(doubtful), row.look,
                                kDoubtWords[main_doubt(c.evidence, row.page_class)])});
  }
}

// Damage is local. When it is not, it is the facts.
void check_bad_batches(const Classified& c, std::vector<Finding>& findings) {
  for (const ClassRow& row : kClassRows) {
    const uint64_t doubted = c.evidence.bad_batch_doubts[row.page_class];
    const uint64_t judged =
        saturated_sum(c.excluded[row.page_class], c.evidence.bad_batch_pages[row.page_class]);
    if (doubted <= judged / 10 + kHeldBack * c.counters.cpus || doubted < 4096) continue;
    findings.push_back({row.rules, fmt::format("{} struct pages look {}, and contradict themselves",
                                               grouped(doubted), row.look)});
  }
}

void check_rescued(const Classified& c, std::vector<Finding>& findings) {
  for (const ClassRow& row : kClassRows) {
    const uint64_t rescued = c.rescued[row.page_class];
    if (rescued <= c.excluded[row.page_class] / 200 + kHeldBack * c.counters.cpus) continue;
    findings.push_back(
        {row.rules, fmt::format("{} pages look {}, but are the kernel's own", grouped(rescued), row.look)});
  }
}

}  // namespace

std::vector<Finding> check_facts(const Facts& facts) {
  std::vector<Finding> findings;
  check_contradictions(facts, findings);
  check_pairs(facts, kFlagRows, findings);
  check_pairs(facts, kTypeRows, findings);
  check_types(facts, findings);
  return findings;
}

std::vector<Finding> check_classified(int rules, const ClassCounts& excluded, const ClassCounts& rescued,
                                      const Evidence& evidence, const KernelCounters& counters) {
  const Classified classified{rules, excluded, rescued, evidence, counters};
  std::vector<Finding> findings;
  check_counters(classified, findings);
  check_types_found(classified, findings);
  check_doubts(classified, findings);
  check_bad_batches(classified, findings);
  check_rescued(classified, findings);
  return findings;
}

int without(int rules, const Finding& finding) {
  return (rules & ~(finding.rules & kMax)) | (finding.rules & (kKeepOffline | kKeepHwpoison));
}

int apply_findings(int rules, const std::vector<Finding>& findings, std::vector<std::string>& reasons) {
  const int before = rules;
  for (const Finding& finding : findings) {
    if (without(before, finding) == before) continue;
    rules = without(rules, finding);
    if (std::ranges::find(reasons, finding.text) == reasons.end()) reasons.push_back(finding.text);
  }
  return rules;
}

}  // namespace kdump
