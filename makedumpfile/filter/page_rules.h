// SPDX-License-Identifier: GPL-2.0-or-later
// One page -> its class: a pure function of its struct page, the next one, and the dump level. The order of
// the rules is makedumpfile's (__exclude_unnecessary_pages), so that both keep the same pages:
//
//   1. the tail of a compound page is kept here; it goes with its head
//   2. free (bit 4): in the buddy allocator, or not yet accepted from the hypervisor
//   3. cache (bits 1, 2), 4. private cache (bit 2), 5. user: anonymous or hugetlb (bit 3)
//   6. hwpoison and 7. offline, at every level
//
// Kept rather than excluded, unlike there: pages whose struct page contradicts the rule that names them
// (evidence.h), since it is damaged or the facts are wrong. Among them are heads whose order cannot be: one
// that the pfn is not aligned to, whose next page is no tail, or that the page allocator does not have,
// unless the page is hugetlb's. Where slab is a page type, the flag bit that was PG_slab is not looked at
// (46df8e73a4a3: it is PG_waiters' now). Excluded, unlike there: a poisoned tail page, for reading it may
// stop the machine.
#pragma once

#include <cstring>

#include "common/units.h"
#include "makedumpfile/filter/evidence.h"
#include "makedumpfile/filter/page_class.h"
#include "makedumpfile/mm/page_layout.h"

namespace kdump {

// 1 GiB in pages of 4 KiB, 16 GiB in pages of 64 KiB: the largest hugetlb page there is.
inline constexpr uint64_t kMaxPageOrder = 18;

struct Verdict {
  PageClass page_class = PageClass::kept;  // kept, or why the pages are excluded
  uint64_t pages = 1;                      // that it holds for, from this one on
  // Why the page is kept although a rule names it, and that rule's class.
  Doubt doubt = Doubt::none;
  PageClass doubted = PageClass::kept;
  bool hugetlb = false;  // excluded as hugetlb's
};

// `rules`: the dump level, and bits of dump_level.h that keep offline or poisoned pages.
// `page` and `next` point to layout.size bytes of struct page; `next` is nullptr when it is not known, as at
// the end of an array.
Verdict classify_page(const PageLayout& layout, int rules, Pfn pfn, const std::byte* page,
                      const std::byte* next);

}  // namespace kdump
