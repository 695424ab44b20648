// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/page_filter.h"

#include <algorithm>

#include "makedumpfile/filter/page_rules.h"
#include "makedumpfile/filter/struct_pages.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {
namespace {

// What the rules need, together: present or not.
struct StructPageInfo {
  PageLayout layout;
  std::vector<MemMapRange> mem_map;
};

Result<StructPageInfo> find_struct_pages(const KernelInfo& kernel) {
  // In this order: a dump without VMCOREINFO is told so, not that some line is missing in it.
  std::vector<MemMapRange> mem_map = TRY(read_mem_map(kernel));
  PageLayout layout = TRY(read_page_layout(kernel.facts()));
  return StructPageInfo{std::move(layout), std::move(mem_map)};
}

PfnRange pages_of(const PfnRange& range) { return range; }
PfnRange pages_of(const MemMapRange& range) { return range.pages; }

// The ranges of `sorted` that overlap `window`.
template <typename T>
std::span<const T> overlapping(const std::vector<T>& sorted, PfnRange window) {
  const auto first =
      std::ranges::upper_bound(sorted, window.begin, {}, [](const T& r) { return pages_of(r).end; });
  const auto last = std::ranges::lower_bound(first, sorted.end(), window.end, {},
                                             [](const T& r) { return pages_of(r).begin; });
  return {first, last};
}

PfnRange intersection(PfnRange a, PfnRange b) { return {std::max(a.begin, b.begin), std::min(a.end, b.end)}; }

// Applies the rules to the pages of one window.
class WindowClassifier {
 public:
  WindowClassifier(const StructPageInfo& info, int level, VirtualReader& reader, WindowResult& result)
      : layout_(&info.layout), level_(level), struct_pages_(reader, info.layout.size), result_(&result) {}

  void classify(const MemMapRange& range, PfnRange pages) {
    struct_pages_.enter(range, pages);
    for (Pfn pfn = pages.begin; pfn < pages.end;) {
      if (struct_pages_.load(pfn)) {
        pfn += step(pfn);
      } else {
        result_->unclassified += struct_pages_.batch_end() - pfn;
        pfn = struct_pages_.batch_end();
      }
    }
  }

 private:
  // Classifies the page at `pfn` and those that go with it; how many.
  uint64_t step(Pfn pfn) {
    const Verdict verdict =
        classify_page(*layout_, level_, pfn, struct_pages_.at(pfn), struct_pages_.after(pfn));
    if (verdict.page_class != PageClass::kept) {
      result_->counts[verdict.page_class] += result_->dumpable.clear_range({pfn, pfn + verdict.pages});
    }
    return verdict.pages;
  }

  const PageLayout* layout_;
  int level_;
  StructPages struct_pages_;
  WindowResult* result_;
};

}  // namespace

struct PageFilter::Impl {
  const KernelInfo* kernel;
  int level;
  std::vector<PfnRange> existing;
  std::optional<StructPageInfo> struct_pages;  // nullopt: nothing to classify, every page is kept
};

PageFilter::PageFilter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageFilter::PageFilter(PageFilter&&) noexcept = default;
PageFilter& PageFilter::operator=(PageFilter&&) noexcept = default;
PageFilter::~PageFilter() = default;

Result<PageFilter> PageFilter::create(const KernelInfo& kernel, int level) {
  auto impl = std::make_unique<Impl>(
      Impl{&kernel, level, kernel.vmcore().memory_map().pages(kernel.page_shift()), std::nullopt});
  auto found = find_struct_pages(kernel);
  if (found) {
    impl->struct_pages = std::move(*found);
  } else if (level > dump_level::kZero) {
    found.error().prepend(
        fmt::format("dump level {} needs to tell pages apart (levels 0 and 1 do not)", level));
    return std::unexpected(std::move(found.error()));
  }
  return PageFilter(std::move(impl));
}

Result<WindowResult> PageFilter::classify(Pfn window) const {
  const PfnRange pages{window, std::min(window + kWindowPages, max_pfn())};
  WindowResult result{Bitmap(pages), Bitmap(pages), {}, 0};
  const auto existing = overlapping(impl_->existing, pages);
  for (const PfnRange& range : existing) result.existing.set_range(range);
  result.dumpable = result.existing;
  if (impl_->struct_pages) {
    VirtualReader reader = TRY(impl_->kernel->address_space().reader());
    WindowClassifier classifier(*impl_->struct_pages, impl_->level, reader, result);
    for (const MemMapRange& mem_map : overlapping(impl_->struct_pages->mem_map, pages)) {
      for (const PfnRange& range : existing) {
        const PfnRange part = intersection(intersection(range, mem_map.pages), pages);
        if (!part.empty()) classifier.classify(mem_map, part);
      }
    }
  }
  result.counts[PageClass::kept] = result.dumpable.count();
  return result;
}

Pfn PageFilter::max_pfn() const { return impl_->existing.empty() ? Pfn(0) : impl_->existing.back().end; }

std::span<const std::string> PageFilter::gaps() const {
  if (!impl_->struct_pages) return {};
  return impl_->struct_pages->layout.gaps;
}

}  // namespace kdump
