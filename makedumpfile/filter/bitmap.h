// SPDX-License-Identifier: GPL-2.0-or-later
// One bit per page for a window of page frame numbers, laid out as the dump formats store it: bit n is bit n
// & 63 of 64-bit little-endian word n / 64.
#pragma once

#include <cstdint>
#include <vector>

#include "common/bytes.h"
#include "common/endian.h"
#include "common/units.h"

namespace kdump {

class Bitmap {
 public:
  // All bits clear. window.begin is a multiple of 64.
  explicit Bitmap(PfnRange window) : window_(window), words_((window.size() + 63) / 64) {}

  [[nodiscard]] PfnRange window() const { return window_; }
  [[nodiscard]] bool test(Pfn pfn) const { return (words_[word(pfn)] >> bit(pfn) & 1) != 0; }
  void set(Pfn pfn) { words_[word(pfn)] = words_[word(pfn)] | uint64_t{1} << bit(pfn); }
  void clear(Pfn pfn) { words_[word(pfn)] = words_[word(pfn)] & ~(uint64_t{1} << bit(pfn)); }
  // The part of `range` inside the window.
  void set_range(PfnRange range);
  // The same, cleared; how many of them were set.
  uint64_t clear_range(PfnRange range);
  // The part of `range` inside the window becomes as in `other`, of the same window.
  void copy_range(const Bitmap& other, PfnRange range);
  [[nodiscard]] uint64_t count() const;
  // In the part of `range` inside the window.
  [[nodiscard]] uint64_t count_range(PfnRange range) const;
  // The first set pfn at or after `from`, window().end when there is none.
  [[nodiscard]] Pfn next_set(Pfn from) const;
  // As stored on disk; whole words, so bits past the window's end are zero.
  [[nodiscard]] Bytes bytes() const { return std::as_bytes(std::span(words_)); }

 private:
  [[nodiscard]] PfnRange in_window(PfnRange range) const;
  [[nodiscard]] size_t word(Pfn pfn) const { return static_cast<size_t>((pfn - window_.begin) / 64); }
  [[nodiscard]] unsigned bit(Pfn pfn) const { return static_cast<unsigned>((pfn - window_.begin) % 64); }

  PfnRange window_;
  std::vector<le64> words_;
};

}  // namespace kdump
