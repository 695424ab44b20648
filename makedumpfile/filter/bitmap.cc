// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/bitmap.h"

#include <algorithm>
#include <bit>

namespace kdump {
namespace {

// Calls visit(index of a word, mask of its bits in the range) for the bits [begin, end) counted from the
// window's begin.
template <typename Visit>
void for_each_word(uint64_t begin, uint64_t end, Visit&& visit) {
  while (begin < end) {
    const uint64_t stop = std::min(end, (begin / 64 + 1) * 64);
    const uint64_t low = ~uint64_t{0} << (begin % 64);
    const uint64_t high = ~uint64_t{0} >> (63 - (stop - 1) % 64);
    visit(static_cast<size_t>(begin / 64), low & high);
    begin = stop;
  }
}

}  // namespace

PfnRange Bitmap::in_window(PfnRange range) const {
  return {std::max(range.begin, window_.begin), std::min(range.end, window_.end)};
}

void Bitmap::set_range(PfnRange range) {
  const PfnRange part = in_window(range);
  if (part.empty()) return;
  for_each_word(part.begin - window_.begin, part.end - window_.begin,
                [&](size_t word, uint64_t mask) { words_[word] = words_[word] | mask; });
}

uint64_t Bitmap::clear_range(PfnRange range) {
  const PfnRange part = in_window(range);
  uint64_t cleared = 0;
  if (part.empty()) return cleared;
  for_each_word(part.begin - window_.begin, part.end - window_.begin, [&](size_t word, uint64_t mask) {
    cleared += static_cast<uint64_t>(std::popcount(words_[word] & mask));
    words_[word] = words_[word] & ~mask;
  });
  return cleared;
}

uint64_t Bitmap::count_range(PfnRange range) const {
  const PfnRange part = in_window(range);
  uint64_t total = 0;
  if (part.empty()) return total;
  for_each_word(part.begin - window_.begin, part.end - window_.begin, [&](size_t word, uint64_t mask) {
    total += static_cast<uint64_t>(std::popcount(words_[word] & mask));
  });
  return total;
}

void Bitmap::copy_range(const Bitmap& other, PfnRange range) {
  const PfnRange part = in_window(range);
  if (part.empty()) return;
  for_each_word(part.begin - window_.begin, part.end - window_.begin, [&](size_t word, uint64_t mask) {
    words_[word] = (words_[word] & ~mask) | (other.words_[word] & mask);
  });
}

uint64_t Bitmap::count() const {
  uint64_t total = 0;
  for (const uint64_t word : words_) total += static_cast<uint64_t>(std::popcount(word));
  return total;
}

Pfn Bitmap::next_set(Pfn from) const {
  from = std::max(from, window_.begin);
  if (from >= window_.end) return window_.end;
  uint64_t mask = ~uint64_t{0} << bit(from);
  for (size_t i = word(from); i < words_.size(); ++i, mask = ~uint64_t{0}) {
    const uint64_t found = words_[i] & mask;
    if (found != 0) return window_.begin + (i * 64 + static_cast<uint64_t>(std::countr_zero(found)));
  }
  return window_.end;
}

}  // namespace kdump
