// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/page_filter.h"

#include <algorithm>
#include <utility>

#include "makedumpfile/filter/free_lists.h"
#include "makedumpfile/filter/page_rules.h"
#include "makedumpfile/filter/struct_pages.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/mm/page_ranges.h"

namespace kdump {
namespace {

// What the rules need, together: present or not.
struct StructPageInfo {
  PageLayout layout;
  std::vector<MemMapRange> mem_map;
  std::vector<PfnRange> free_lists;  // only where struct pages do not tell which are free
};

Result<StructPageInfo> find_struct_pages(const KernelInfo& kernel) {
  // In this order: a dump without VMCOREINFO is told so, not that some line is missing in it.
  std::vector<MemMapRange> mem_map = TRY(read_mem_map(kernel));
  PageLayout layout = TRY(read_page_layout(kernel.facts()));
  return StructPageInfo{std::move(layout), std::move(mem_map), {}};
}

// Free pages from the zones, where struct pages do not tell which are free.
void find_free_lists(const KernelInfo& kernel, StructPageInfo& info) {
  auto found = read_free_lists(kernel, info.mem_map, info.layout.size);
  std::vector<std::string>& gaps = info.layout.gaps;
  if (found) {
    info.free_lists = std::move(found->pages);
    gaps.insert(gaps.end(), found->damage.begin(), found->damage.end());
  } else {
    gaps.push_back(fmt::format("free pages stay in the dump: {}", found.error().message()));
  }
}

// Memory behind the last struct page is none of the kernel's: left alone with mem=, or no RAM at all, as the
// ROM in QEMU's dumps.
void cut_off(std::vector<PfnRange>& existing, Pfn end) {
  while (!existing.empty() && existing.back().begin >= end) existing.pop_back();
  if (!existing.empty()) existing.back().end = std::min(existing.back().end, end);
}

// Pages of a window that the input does not hold. They are classified like others, so that the self-check
// sees all that the kernel had, and counted apart.
class MissingPages {
 public:
  explicit MissingPages(std::vector<PfnRange> pages, PfnRange window)
      : pages_(std::move(pages)), all_(pages_.empty() ? PfnRange{} : window), left_(all_) {
    for (const PfnRange& range : pages_) all_.set_range(range);
    left_ = all_;
  }

  // Those of `pages` are classified: how many there were.
  uint64_t take_out(PfnRange pages) { return pages_.empty() ? 0 : left_.clear_range(pages); }
  // They are not, after all.
  void put_back(PfnRange pages) {
    if (!pages_.empty()) left_.copy_range(all_, pages);
  }
  // No dump can have them.
  void leave_out(WindowResult& result) const {
    for (const PfnRange& range : pages_) result.dumpable.clear_range(range);
    for (size_t i = 0; i < kPageClassCount; ++i) {
      const auto page_class = static_cast<PageClass>(i);
      result.counts[page_class] -= result.earlier[page_class];
    }
    if (!pages_.empty()) result.counts[PageClass::earlier] = all_.count();
  }

 private:
  std::vector<PfnRange> pages_;
  Bitmap all_, left_;  // empty where there are no pages
};

// Applies the rules to the pages of one window.
class WindowClassifier {
 public:
  // `protected_pages` are those of the window, and so are the missing ones.
  WindowClassifier(const StructPageInfo& info, int rules, std::span<const PfnRange> protected_pages,
                   MissingPages& missing, VirtualReader& reader, WindowResult& result)
      : layout_(&info.layout),
        rules_(rules),
        protected_(protected_pages),
        missing_(&missing),
        struct_pages_(reader, info.layout.size),
        result_(&result) {}

  // Parts of the window in ascending order.
  void classify(const MemMapRange& range, PfnRange pages) {
    struct_pages_.enter(range, pages);
    pages_ = pages;
    for (Pfn pfn = pages.begin; pfn < pages.end;) {
      if (struct_pages_.load(pfn)) {
        pfn = classify_batch(pfn);
      } else {
        result_->unclassified += struct_pages_.batch_end() - pfn;
        pfn = struct_pages_.batch_end();
      }
    }
  }

  // Free pages as the zones tell them, in ascending order.
  void exclude_free(PfnRange pages) {
    pages_ = pages;
    exclude(pages, PageClass::free);
  }

 private:
  // What counts pages, to be taken back.
  struct Tally {
    ClassCounts counts, rescued, earlier;
    uint64_t hugetlb = 0;
  };

  // Classifies the loaded struct pages from `begin` on; the first page behind them that is not classified.
  Pfn classify_batch(Pfn begin) {
    const Tally before{result_->counts, result_->rescued, result_->earlier, result_->evidence.hugetlb};
    judged_ = 0;
    doubted_.clear();
    Pfn pfn = begin;
    while (pfn < struct_pages_.batch_end()) pfn += step(pfn);
    if (doubted_.size() >= kManyDoubts && doubted_.size() * kDoubtRatio >= judged_) {
      keep_bad_batch({begin, pfn}, before);
    } else {
      for (const auto& [page_class, doubt] : doubted_) result_->evidence.add(page_class, doubt);
    }
    return pfn;
  }

  // Struct pages of which many contradict the rules are damaged, or something else: then the others, which
  // contradict none by chance, count for nothing either.
  void keep_bad_batch(PfnRange pages, const Tally& before) {
    Evidence& evidence = result_->evidence;
    evidence.bad_batches += 1;
    for (const auto& [page_class, doubt] : doubted_) ++evidence.bad_batch_doubts[page_class];
    result_->dumpable.copy_range(result_->existing, pages);
    evidence.bad_batch_pages += result_->counts - before.counts;
    evidence.hugetlb = before.hugetlb;
    result_->counts = before.counts;
    result_->rescued = before.rescued;
    result_->earlier = before.earlier;
    missing_->put_back(pages);
  }

  // Classifies the page at `pfn` and those that go with it; how many.
  uint64_t step(Pfn pfn) {
    const Verdict verdict =
        classify_page(*layout_, rules_, pfn, struct_pages_.at(pfn), struct_pages_.after(pfn));
    if (verdict.page_class != PageClass::kept) {
      const uint64_t excluded = exclude({pfn, pfn + verdict.pages}, verdict.page_class);
      if (verdict.hugetlb) result_->evidence.hugetlb += excluded;
    }
    if (verdict.doubt == Doubt::poisoned) {
      result_->evidence.add(verdict.doubted, verdict.doubt);
      return verdict.pages;
    }
    if (verdict.doubt != Doubt::none) doubted_.emplace_back(verdict.doubted, verdict.doubt);
    if (verdict.doubt != Doubt::none || verdict.page_class != PageClass::kept) ++judged_;
    return verdict.pages;
  }

  // How many are left out.
  uint64_t exclude(PfnRange pages, PageClass page_class) {
    uint64_t excluded = 0;
    while (!protected_.empty() && protected_.front().end <= pages.begin) protected_ = protected_.subspan(1);
    if (page_class != PageClass::hwpoison) {
      for (const PfnRange& kept : protected_) {
        if (kept.begin >= pages.end) break;
        excluded += clear({pages.begin, kept.begin}, page_class);
        // What lies behind the pages asked for comes again with its own struct pages.
        const PfnRange rescued = intersection(intersection(kept, pages), pages_);
        if (!rescued.empty()) result_->rescued[page_class] += rescued.size();
        pages.begin = std::max(pages.begin, kept.end);
      }
    }
    return excluded + clear(pages, page_class);
  }

  uint64_t clear(PfnRange pages, PageClass page_class) {
    if (pages.empty()) return 0;
    const uint64_t cleared = result_->dumpable.clear_range(pages);
    result_->counts[page_class] += cleared;
    result_->earlier[page_class] += missing_->take_out(pages);
    return cleared;
  }

  // What a sound kernel has of doubtful struct pages in one batch is far below.
  static constexpr uint64_t kManyDoubts = 16, kDoubtRatio = 8;

  const PageLayout* layout_;
  int rules_;
  std::span<const PfnRange> protected_;  // from where the classification is on
  PfnRange pages_{};                     // being classified
  MissingPages* missing_;
  StructPages struct_pages_;
  WindowResult* result_;
  // Of the current batch: struct pages that a rule named, and those of them that stay in the dump.
  uint64_t judged_ = 0;
  std::vector<std::pair<PageClass, Doubt>> doubted_;
};

}  // namespace

struct PageFilter::Impl {
  const KernelInfo* kernel;
  int rules;
  std::vector<PfnRange> existing;
  std::optional<StructPageInfo> struct_pages;  // nullopt: nothing to classify, every page is kept
  ProtectedPages protected_pages;
  std::vector<std::string> gaps;

  void take(StructPageInfo found) {
    cut_off(existing, found.mem_map.back().pages.end);
    if (found.layout.buddy == kNoPageType && (rules & dump_level::kFree) != 0)
      find_free_lists(*kernel, found);
    protected_pages = ProtectedPages::find(*kernel, found.mem_map);
    gaps = std::exchange(found.layout.gaps, {});
    gaps.insert(gaps.end(), protected_pages.gaps().begin(), protected_pages.gaps().end());
    struct_pages = std::move(found);
  }
};

PageFilter::PageFilter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageFilter::PageFilter(PageFilter&&) noexcept = default;
PageFilter& PageFilter::operator=(PageFilter&&) noexcept = default;
PageFilter::~PageFilter() = default;

Result<PageFilter> PageFilter::create(const KernelInfo& kernel, int level) {
  auto impl = std::make_unique<Impl>(
      Impl{&kernel, level, kernel.vmcore().memory_map().pages(kernel.page_shift()), std::nullopt, {}, {}});
  auto found = find_struct_pages(kernel);
  if (found) {
    impl->take(std::move(*found));
  } else if (level > dump_level::kZero) {
    found.error().prepend(
        fmt::format("dump level {} needs to tell pages apart (levels 0 and 1 do not)", level));
    return std::unexpected(std::move(found.error()));
  }
  return PageFilter(std::move(impl));
}

Result<WindowResult> PageFilter::classify(Pfn window) const {
  const PfnRange pages{window, std::min(window + kWindowPages, max_pfn())};
  WindowResult result{Bitmap(pages), Bitmap(pages), {}, {}, 0, {}, {}};
  const auto existing = overlapping(std::span<const PfnRange>(impl_->existing), pages);
  const auto protected_pages = impl_->protected_pages.overlapping(pages);
  for (const PfnRange& range : existing) result.existing.set_range(range);
  result.dumpable = result.existing;
  const Vmcore& vmcore = impl_->kernel->vmcore();
  MissingPages missing(TRY(vmcore.excluded_earlier(pages, impl_->kernel->page_shift())), pages);
  if (impl_->struct_pages) {
    VirtualReader reader = TRY(impl_->kernel->address_space().reader());
    WindowClassifier classifier(*impl_->struct_pages, impl_->rules, protected_pages, missing, reader, result);
    const std::span<const MemMapRange> all = impl_->struct_pages->mem_map;
    for (const MemMapRange& mem_map : overlapping(all, pages)) {
      for (const PfnRange& range : existing) {
        const PfnRange part = intersection(intersection(range, mem_map.pages), pages);
        if (!part.empty()) classifier.classify(mem_map, part);
      }
    }
    WindowClassifier lists(*impl_->struct_pages, impl_->rules, protected_pages, missing, reader, result);
    const std::span<const PfnRange> free_lists = impl_->struct_pages->free_lists;
    if ((impl_->rules & dump_level::kFree) != 0)
      for (const PfnRange& range : overlapping(free_lists, pages)) lists.exclude_free(range);
  }
  missing.leave_out(result);
  result.counts[PageClass::kept] = result.dumpable.count();
  for (const PfnRange& range : protected_pages)
    result.counts[PageClass::protected_] += result.dumpable.count_range(range);
  return result;
}

void PageFilter::apply(int rules) { impl_->rules = rules; }

Pfn PageFilter::max_pfn() const { return impl_->existing.empty() ? Pfn(0) : impl_->existing.back().end; }

std::span<const std::string> PageFilter::gaps() const { return impl_->gaps; }

const ProtectedPages& PageFilter::protected_pages() const { return impl_->protected_pages; }

}  // namespace kdump
