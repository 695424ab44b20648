// SPDX-License-Identifier: GPL-2.0-or-later
// What the pages themselves say against the facts that the filter works with. A page that a rule would
// exclude although the rest of its struct page contradicts stays in the dump, and is counted here.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "makedumpfile/filter/page_class.h"

namespace kdump {

// What contradicts. Only what no sound kernel has for more than a moment.
enum class Doubt : uint8_t {
  none,
  poisoned,    // all bits of flags are set: never initialised (mm/debug.c, page_init_poison)
  bad_order,   // of an order that no kernel has, or not aligned to it
  in_use,      // free, but somebody holds references to it (include/linux/page_ref.h)
  unused,      // memory of a user or a file to which nobody holds a reference
  no_mapping,  // page cache that belongs to no file (struct page's mapping)
  other_type,  // the page type says that it is something else
};
inline constexpr size_t kDoubtCount = 7;

// Summed over windows.
struct Evidence {
  // Struct pages that a rule would have excluded, by that rule's class: how often each doubt kept them.
  std::array<std::array<uint64_t, kDoubtCount>, kPageClassCount> doubts{};
  uint64_t hugetlb = 0;  // pages excluded as `user` because they are hugetlb's
  // Stretches of struct pages that are in doubt as a whole, so that all their pages are kept. Their struct
  // pages are counted here alone.
  uint64_t bad_batches = 0;
  ClassCounts bad_batch_doubts;  // struct pages in doubt, by the class of the rule
  ClassCounts bad_batch_pages;   // pages that would have been excluded all the same

  void add(PageClass page_class, Doubt doubt) {
    ++doubts[std::to_underlying(page_class)][std::to_underlying(doubt)];
  }
  // Struct pages of one class, whatever the doubt.
  [[nodiscard]] uint64_t doubtful(PageClass page_class) const {
    uint64_t sum = 0;
    for (const uint64_t count : doubts[std::to_underlying(page_class)]) sum += count;
    return sum;
  }
  Evidence& operator+=(const Evidence& other) {
    for (size_t c = 0; c < doubts.size(); ++c)
      for (size_t d = 0; d < kDoubtCount; ++d) doubts[c][d] += other.doubts[c][d];
    hugetlb += other.hugetlb;
    bad_batches += other.bad_batches;
    bad_batch_doubts += other.bad_batch_doubts;
    bad_batch_pages += other.bad_batch_pages;
    return *this;
  }
};

}  // namespace kdump
