// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/page_layout.h"

#include <algorithm>

namespace kdump {
namespace {

constexpr uint64_t kMaxStructPage = 4096;  // bytes; real ones have 56 to 128

Result<uint64_t> flag(const Facts& facts, std::string_view name) {
  const int64_t bit = TRY(facts.need_number(name));
  if (bit < 0 || bit > 63)
    return fail(ErrorKind::corrupt, "VMCOREINFO: NUMBER({})={}, no bit of flags", name, bit);
  return uint64_t{1} << bit;
}

uint64_t optional_flag(const Facts& facts, std::string_view name) { return flag(facts, name).value_or(0); }

// _mapcount is an int in VMCOREINFO and compared as 32 bits.
uint64_t page_type(const Facts& facts, std::string_view name) {
  const auto value = facts.number(name);
  return value ? static_cast<uint32_t>(*value) : kNoPageType;
}

// The first of some names of a member that the kernel has.
std::optional<uint64_t> first_offset(const Facts& facts, std::initializer_list<std::string_view> members) {
  for (const std::string_view member : members)
    if (const auto offset = facts.offset(member)) return offset;
  return std::nullopt;
}

// A member of struct folio that lies in the second struct page, counted from there.
std::optional<uint64_t> second_page_offset(const Facts& facts, std::string_view folio_member,
                                           uint64_t page_size) {
  const auto offset = facts.offset(folio_member);
  return offset && *offset >= page_size ? std::optional(*offset - page_size) : std::nullopt;
}

void read_members_of_second_page(const Facts& facts, PageLayout& layout) {
  // folio._folio_order and _folio_dtor from 6.3 to 6.5 (1c5509be58f6), struct page's own before.
  auto order = second_page_offset(facts, "folio._folio_order", layout.size);
  if (!order) order = facts.offset("page.compound_order");
  auto dtor = second_page_offset(facts, "folio._folio_dtor", layout.size);
  if (!dtor) dtor = facts.offset("page.compound_dtor");
  // Both are of one type, and neighbours: their distance is their size.
  const bool half_words = order && dtor && *order == *dtor + 2;
  if (order) {
    layout.order = half_words ? OrderEncoding::half_word : OrderEncoding::byte;
    layout.order_offset = *order;
  }
  const auto value = facts.number("HUGETLB_PAGE_DTOR");
  if (dtor && value) {
    layout.hugetlb_encoding = half_words ? HugetlbEncoding::dtor_half_word : HugetlbEncoding::dtor_byte;
    layout.dtor_offset = *dtor;
    layout.hugetlb_value = static_cast<uint64_t>(*value);
  }
}

void read_compound(const Facts& facts, PageLayout& layout) {
  layout.hugetlb = page_type(facts, "PAGE_HUGETLB_MAPCOUNT_VALUE");
  const uint64_t hugetlb_flag = optional_flag(facts, "PG_hugetlb");
  if (layout.hugetlb != kNoPageType) {
    layout.order = OrderEncoding::flags_low_byte;
    layout.hugetlb_encoding = HugetlbEncoding::page_type;
  } else if (hugetlb_flag != 0) {
    layout.order = OrderEncoding::flags_low_byte;
    layout.hugetlb_encoding = HugetlbEncoding::flag;
    layout.hugetlb_value = hugetlb_flag;
  } else {
    read_members_of_second_page(facts, layout);
  }
}

Status read_flags(const Facts& facts, PageLayout& layout) {
  layout.lru = TRY(flag(facts, "PG_lru"));
  layout.private_flag = TRY(flag(facts, "PG_private"));
  layout.swapcache = TRY(flag(facts, "PG_swapcache"));
  // Since 6326fec1122c (4.10) PG_swapcache is another flag's bit, and means swap cache only with
  // PG_swapbacked.
  layout.swapbacked = optional_flag(facts, "PG_swapbacked");
  layout.head = static_cast<uint64_t>(TRY(facts.need_number("PG_head_mask")));
  layout.hwpoison = optional_flag(facts, "PG_hwpoison");
  layout.reserved = optional_flag(facts, "PG_reserved");
  return {};
}

// What is missing to know a free page by its struct page; empty when nothing is.
std::string_view missing_for_free(const Facts& facts) {
  for (const std::string_view key :
       {"OFFSET(page._mapcount)", "OFFSET(page.private)", "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)"})
    if (!facts.has(key)) return key;
  return {};
}

// Without _mapcount there are no page types to be known. That does only for kernels where slab is a flag, for
// slab pages must not be taken for others'.
Status read_page_types(const Facts& facts, PageLayout& layout) {
  layout.buddy = layout.offline = layout.unaccepted = layout.slab = kNoPageType;
  layout.slab_flag = optional_flag(facts, "PG_slab");
  if (layout.mapcount == kNoOffset)
    return layout.slab_flag != 0
               ? Status()
               : Status(fail(ErrorKind::unsupported, "VMCOREINFO has no OFFSET(page._mapcount)"));
  if (missing_for_free(facts).empty()) layout.buddy = page_type(facts, "PAGE_BUDDY_MAPCOUNT_VALUE");
  layout.offline = page_type(facts, "PAGE_OFFLINE_MAPCOUNT_VALUE");
  layout.unaccepted = page_type(facts, "PAGE_UNACCEPTED_MAPCOUNT_VALUE");
  // Since 46df8e73a4a3 (6.10) slab is a page type, and the bit that was PG_slab is something else.
  layout.slab = page_type(facts, "PAGE_SLAB_MAPCOUNT_VALUE");
  if (layout.slab != kNoPageType) layout.slab_flag = 0;
  return {};
}

void note_gaps(const Facts& facts, PageLayout& layout) {
  if (layout.buddy == kNoPageType) {
    layout.gaps.push_back(
        fmt::format("free pages are told by the zones' free lists: no {}", missing_for_free(facts)));
  }
  if (layout.offline == kNoPageType) {
    layout.gaps.emplace_back("offline pages cannot be told: no PAGE_OFFLINE_MAPCOUNT_VALUE");
  }
  if (layout.order == OrderEncoding::unknown) {
    layout.gaps.emplace_back("compound pages stay in the dump but for their heads: their order is not told");
  }
  if (layout.hugetlb_encoding == HugetlbEncoding::unknown) {
    layout.gaps.emplace_back("hugetlb pages stay in the dump: the kernel does not tell how to know them");
  }
}

uint64_t if_told(uint64_t offset) { return offset == kNoOffset ? 0 : offset; }

// Every member lies inside struct page, so that the filter needs no check for each.
Status check_bounds(const PageLayout& layout) {
  const bool inside = layout.size >= 16 && layout.size <= kMaxStructPage &&
                      std::max({layout.flags, layout.mapping, if_told(layout.mapcount),
                                if_told(layout.private_), if_told(layout.refcount), layout.compound_head,
                                layout.order_offset, layout.dtor_offset}) <= layout.size - sizeof(uint64_t);
  if (inside) return {};
  return fail(ErrorKind::corrupt, "VMCOREINFO: SIZE(page)={} does not hold the members of struct page",
              layout.size);
}

}  // namespace

Result<PageLayout> read_page_layout(const Facts& facts) {
  PageLayout layout{};
  layout.size = TRY(facts.need_size("page"));
  layout.flags = TRY(facts.need_offset("page.flags"));
  layout.mapping = TRY(facts.need_offset("page.mapping"));
  layout.mapcount = facts.offset("page._mapcount").value_or(kNoOffset);
  layout.private_ = facts.offset("page.private").value_or(kNoOffset);
  layout.refcount = facts.offset("page._refcount").value_or(kNoOffset);
  // compound_info since the kernel where it may hold a mask (7.1); bit 0 says "tail" in both.
  const auto compound_head = first_offset(facts, {"page.compound_head", "page.compound_info"});
  if (!compound_head) return fail(ErrorKind::unsupported, "VMCOREINFO has no OFFSET(page.compound_head)");
  layout.compound_head = *compound_head;
  layout.buddy_orders = facts.length("zone.free_area").value_or(0);
  TRY(read_flags(facts, layout));
  TRY(read_page_types(facts, layout));
  read_compound(facts, layout);
  TRY(check_bounds(layout));
  note_gaps(facts, layout);
  return layout;
}

}  // namespace kdump
