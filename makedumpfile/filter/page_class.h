// SPDX-License-Identifier: GPL-2.0-or-later
// What a page is, as the filter sees it, and how many there were of each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace kdump {

// The order is that of the report. `kept` is everything that stays in the dump; of those are `zero`,
// `protected_` and `unreadable`. Each of the others is left out, and a page that the input does not hold is
// counted as `earlier` alone, whatever it was.
enum class PageClass : uint8_t {
  kept,
  zero,           // found while copying (dump level bit 0)
  cache,          // page cache without private data (bits 1, 2)
  private_cache,  // page cache with private data (bit 2)
  user,           // anonymous and hugetlb pages (bit 3)
  free,           // in the buddy allocator (bit 4)
  unaccepted,     // free, and not yet accepted from the hypervisor (bit 4)
  hwpoison,       // never read: touching it can stop the machine
  offline,        // logically offline: balloon, virtio-mem, Hyper-V
  protected_,     // stays at every level (protect/protected_pages.h)
  unreadable,     // in the memory map, but reading it failed
  earlier,        // left out already when the input was made
};
inline constexpr size_t kPageClassCount = 12;

std::string_view page_class_name(PageClass page_class);

// Pages per class.
class ClassCounts {
 public:
  uint64_t& operator[](PageClass c) { return pages_[std::to_underlying(c)]; }
  uint64_t operator[](PageClass c) const { return pages_[std::to_underlying(c)]; }
  ClassCounts& operator+=(const ClassCounts& other) {
    for (size_t i = 0; i < pages_.size(); ++i) pages_[i] += other.pages_[i];
    return *this;
  }
  // What was added since `before`.
  ClassCounts operator-(const ClassCounts& before) const {
    ClassCounts added = *this;
    for (size_t i = 0; i < pages_.size(); ++i) added.pages_[i] -= before.pages_[i];
    return added;
  }

 private:
  std::array<uint64_t, kPageClassCount> pages_{};
};

}  // namespace kdump
