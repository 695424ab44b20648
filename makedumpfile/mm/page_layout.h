// SPDX-License-Identifier: GPL-2.0-or-later
// struct page and struct folio (include/linux/mm_types.h, include/linux/page-flags.h) as the facts describe
// them: offsets and values ready for use, made once a dump.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {

// A page type of _mapcount that the kernel does not have, or does not tell: no 32-bit value equals it.
inline constexpr uint64_t kNoPageType = uint64_t{1} << 32;

// A member of struct page that the kernel does not tell.
inline constexpr uint64_t kNoOffset = UINT64_MAX;

// Where the order of a compound page is, in the struct page after its head.
enum class OrderEncoding {
  unknown,
  flags_low_byte,  // _flags_1 & 0xff: since 9c5ccf2db04b (6.6)
  byte,            // compound_order, _folio_order: since 036e7aa49fb2 (4.16)
  half_word,       // compound_order before that
};

// How a compound page is known to be hugetlb's.
enum class HugetlbEncoding {
  unknown,
  page_type,  // _mapcount of the head: since d99e3140a4d3 (6.9)
  flag,       // a bit of _flags_1: 6.6 to 6.8
  dtor_byte,  // compound_dtor, _folio_dtor is HUGETLB_PAGE_DTOR
  dtor_half_word,
};

struct PageLayout {
  uint64_t size;                           // SIZE(page), bytes
  uint64_t flags, mapping, compound_head;  // offsets, bytes
  // The same, or kNoOffset.
  uint64_t mapcount = kNoOffset, private_ = kNoOffset, refcount = kNoOffset;

  // Masks of flags; 0 when the kernel does not have it or does not tell.
  uint64_t lru, private_flag, swapcache, swapbacked, head, slab_flag, hwpoison, reserved;
  // Values of _mapcount; kNoPageType likewise, and when what belongs to one is missing.
  uint64_t buddy, offline, slab, unaccepted, hugetlb;

  OrderEncoding order;
  uint64_t order_offset;  // in the struct page after the head
  HugetlbEncoding hugetlb_encoding;
  uint64_t dtor_offset;    // in the struct page after the head
  uint64_t hugetlb_value;  // of the dtor, or the flag's mask

  uint64_t buddy_orders;  // LENGTH(zone.free_area): orders are below it

  // What the facts do not allow to tell, one line each, for the user.
  std::vector<std::string> gaps;
};

// Errors name the fact without which no page can be told from another.
Result<PageLayout> read_page_layout(const Facts& facts);

}  // namespace kdump
