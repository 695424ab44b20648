// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/page_rules.h"

#include <algorithm>
#include <optional>

#include "makedumpfile/filter/dump_level.h"

namespace kdump {
namespace {

constexpr uint64_t kMappingAnon = 1;          // PAGE_MAPPING_ANON; KSM pages have it, too
constexpr uint64_t kMappingBits = 7;          // flags of mapping: what it points to is aligned to a long
constexpr uint64_t kCompoundTail = 1;         // of compound_head
constexpr uint32_t kNoMapcount = UINT32_MAX;  // -1: mapped nowhere, no page type
// The smallest hugetlb pages, arm64's and riscv's of 64 KiB; slab pages are smaller.
constexpr uint64_t kMinHugetlbOrder = 4;
// PAGE_MAPCOUNT_RESERVE of include/linux/page-flags.h: lower values of _mapcount are page types.
constexpr int32_t kPageTypes = -128;

template <typename T>
T load(const std::byte* page, uint64_t offset) {
  T value;
  std::memcpy(&value, page + offset, sizeof value);
  return value;
}

bool is_aligned(Pfn pfn, uint64_t order) { return (pfn.value() & ((uint64_t{1} << order) - 1)) == 0; }

// A struct page, and what the rules ask of it.
class PageView {
 public:
  PageView(const PageLayout& layout, const std::byte* page, const std::byte* next)
      : layout_(layout),
        page_(page),
        next_(next),
        flags_(load<uint64_t>(page, layout.flags)),
        mapcount_(layout.mapcount == kNoOffset ? kNoMapcount : load<uint32_t>(page, layout.mapcount)) {}

  [[nodiscard]] bool is_tail() const { return says_tail(page_); }
  [[nodiscard]] bool is_compound_head() const { return next_ != nullptr && has(layout_.head); }
  [[nodiscard]] bool is_slab() const { return is_type(layout_.slab) || has(layout_.slab_flag); }
  [[nodiscard]] bool is_buddy() const { return is_type(layout_.buddy) && !is_slab(); }
  [[nodiscard]] bool is_unaccepted() const { return is_type(layout_.unaccepted); }
  [[nodiscard]] bool is_offline() const { return is_type(layout_.offline) && !is_slab(); }
  [[nodiscard]] bool is_hwpoison() const { return has(layout_.hwpoison); }
  [[nodiscard]] bool is_private() const { return has(layout_.private_flag); }
  [[nodiscard]] bool is_poisoned() const { return flags_ == ~uint64_t{0}; }
  [[nodiscard]] bool is_anon() const { return (mapping() & kMappingAnon) != 0 && !is_slab(); }
  [[nodiscard]] bool is_cache() const {
    if (has(layout_.lru)) return !is_anon();
    const bool swapcache = has(layout_.swapcache) && (layout_.swapbacked == 0 || has(layout_.swapbacked));
    return swapcache && !is_anon();
  }
  // Why it cannot be what the rules take it for.
  [[nodiscard]] Doubt doubt_free() const {
    return references() != 0 || has(layout_.reserved) ? Doubt::in_use : Doubt::none;
  }
  [[nodiscard]] Doubt doubt_hugetlb(uint64_t order) const;
  [[nodiscard]] Doubt doubt_used(Pfn pfn, PageClass page_class) const;
  [[nodiscard]] bool is_hugetlb() const { return is_compound_head() && next_says_hugetlb(); }
  [[nodiscard]] uint64_t private_value() const { return load<uint64_t>(page_, layout_.private_); }
  // Of a compound page; 0 for any other. nullopt: one that cannot be.
  [[nodiscard]] std::optional<uint64_t> order(Pfn pfn) const {
    if (!is_compound_head()) return 0;
    const uint64_t order = next_order();
    if (!says_tail(next_) || order > max_order() || !is_aligned(pfn, order)) return std::nullopt;
    return order;
  }

 private:
  [[nodiscard]] bool says_tail(const std::byte* page) const {
    return (load<uint64_t>(page, layout_.compound_head) & kCompoundTail) != 0;
  }
  // Only hugetlb pages are larger than what the page allocator has: they are put together by
  // alloc_contig_range() and at boot (mm/hugetlb.c).
  [[nodiscard]] uint64_t max_order() const {
    const bool is_known = layout_.buddy_orders != 0 && !is_hugetlb();
    return is_known ? std::min(kMaxPageOrder, layout_.buddy_orders - 1) : kMaxPageOrder;
  }
  [[nodiscard]] bool has(uint64_t mask) const { return (flags_ & mask) != 0; }
  [[nodiscard]] bool is_type(uint64_t type) const { return mapcount_ == type; }
  [[nodiscard]] uint64_t mapping() const { return load<uint64_t>(page_, layout_.mapping); }
  // 0 as well where the kernel does not tell.
  [[nodiscard]] int32_t references() const {
    return layout_.refcount == kNoOffset ? 0 : load<int32_t>(page_, layout_.refcount);
  }
  [[nodiscard]] bool has_page_type() const { return static_cast<int32_t>(mapcount_) < kPageTypes; }
  [[nodiscard]] uint64_t next_order() const;
  [[nodiscard]] bool next_says_hugetlb() const;

  const PageLayout& layout_;
  const std::byte* page_;
  const std::byte* next_;
  uint64_t flags_;
  uint32_t mapcount_;
};

uint64_t PageView::next_order() const {
  switch (layout_.order) {
    case OrderEncoding::unknown:
      return 0;
    case OrderEncoding::flags_low_byte:
      return load<uint64_t>(next_, layout_.flags) & 0xff;
    case OrderEncoding::byte:
      return load<uint8_t>(next_, layout_.order_offset);
    case OrderEncoding::half_word:
      return load<uint16_t>(next_, layout_.order_offset);
  }
  return 0;
}

bool PageView::next_says_hugetlb() const {
  switch (layout_.hugetlb_encoding) {
    case HugetlbEncoding::unknown:
      return false;
    case HugetlbEncoding::page_type:
      return is_type(layout_.hugetlb);
    case HugetlbEncoding::flag:
      return (load<uint64_t>(next_, layout_.flags) & layout_.hugetlb_value) != 0;
    case HugetlbEncoding::dtor_byte:
      return load<uint8_t>(next_, layout_.dtor_offset) == layout_.hugetlb_value;
    case HugetlbEncoding::dtor_half_word:
      return load<uint16_t>(next_, layout_.dtor_offset) == layout_.hugetlb_value;
  }
  return false;
}

// A hugetlb page that nobody uses has no references, and its mapping is anything.
Doubt PageView::doubt_hugetlb(uint64_t order) const {
  if (is_slab()) return Doubt::other_type;
  return is_compound_head() && order < kMinHugetlbOrder ? Doubt::bad_order : Doubt::none;
}

// Asked only of pages that are about to be excluded, so that it costs little.
Doubt PageView::doubt_used(Pfn pfn, PageClass page_class) const {
  if (!order(pfn)) return Doubt::bad_order;
  if (page_class == PageClass::hwpoison || page_class == PageClass::offline) return Doubt::none;
  if (page_class == PageClass::user && is_hugetlb()) return doubt_hugetlb(*order(pfn));
  if (has_page_type() || is_slab() || has(layout_.reserved)) return Doubt::other_type;
  if (layout_.refcount != kNoOffset && references() <= 0) return Doubt::unused;
  if (page_class == PageClass::user) return Doubt::none;
  // Read ahead from swap, and not yet anybody's: __read_swap_cache_async() of mm/swap_state.c.
  if (has(layout_.swapcache) && mapping() == 0) return Doubt::none;
  return mapping() == 0 || (mapping() & kMappingBits) != 0 ? Doubt::no_mapping : Doubt::none;
}

bool leaves_out_hwpoison(const PageView& page, int rules) {
  return page.is_hwpoison() && (rules & dump_level::kKeepHwpoison) == 0;
}

// In doubt a page is kept, but one that may be poisoned is not read either.
Verdict in_doubt(const PageView& page, int rules, PageClass doubted, Doubt doubt) {
  return {leaves_out_hwpoison(page, rules) ? PageClass::hwpoison : PageClass::kept, 1, doubt, doubted};
}

// Free pages of either class: `private` of the first one holds the block's order.
Doubt doubt_block(const PageLayout& layout, const PageView& page, Pfn pfn, uint64_t order) {
  const bool known_order = order < layout.buddy_orders && order <= kMaxPageOrder;
  return known_order && is_aligned(pfn, order) ? page.doubt_free() : Doubt::bad_order;
}

Verdict free_block(const PageLayout& layout, const PageView& page, int rules, Pfn pfn, uint64_t order,
                   PageClass page_class) {
  const Doubt doubt = doubt_block(layout, page, pfn, order);
  if (doubt != Doubt::none) return in_doubt(page, rules, page_class, doubt);
  return {page_class, uint64_t{1} << order};
}

// The class of a page that is no tail and not free.
PageClass class_of_used(const PageView& page, int rules) {
  const bool cache = page.is_cache();
  if (cache && (rules & dump_level::kCache) != 0 && !page.is_private()) return PageClass::cache;
  if (cache && (rules & dump_level::kPrivateCache) != 0) {
    return page.is_private() ? PageClass::private_cache : PageClass::cache;
  }
  if ((rules & dump_level::kUser) != 0 && (page.is_anon() || page.is_hugetlb())) return PageClass::user;
  if (leaves_out_hwpoison(page, rules)) return PageClass::hwpoison;
  if (page.is_offline() && (rules & dump_level::kKeepOffline) == 0) return PageClass::offline;
  return PageClass::kept;
}

}  // namespace

Verdict classify_page(const PageLayout& layout, int rules, Pfn pfn, const std::byte* page,
                      const std::byte* next) {
  const PageView view(layout, page, next);
  if (view.is_poisoned()) return {PageClass::kept, 1, Doubt::poisoned};
  if (view.is_tail()) return {leaves_out_hwpoison(view, rules) ? PageClass::hwpoison : PageClass::kept, 1};
  if ((rules & dump_level::kFree) != 0) {
    if (view.is_buddy()) return free_block(layout, view, rules, pfn, view.private_value(), PageClass::free);
    // Such blocks are always of the highest order (mm/page_alloc.c, __free_unaccepted; dcdfdd40fa82).
    if (view.is_unaccepted())
      return free_block(layout, view, rules, pfn, layout.buddy_orders - 1, PageClass::unaccepted);
  }
  const PageClass page_class = class_of_used(view, rules);
  if (page_class == PageClass::kept) return {PageClass::kept, 1};
  const Doubt doubt = view.doubt_used(pfn, page_class);
  if (doubt != Doubt::none) return in_doubt(view, rules, page_class, doubt);
  const bool hugetlb = page_class == PageClass::user && view.is_hugetlb();
  return {page_class, uint64_t{1} << view.order(pfn).value_or(0), Doubt::none, PageClass::kept, hugetlb};
}

}  // namespace kdump
