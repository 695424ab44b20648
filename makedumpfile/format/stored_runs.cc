// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/stored_runs.h"

#include <algorithm>
#include <cstring>

#include "common/endian.h"

namespace kdump {
namespace {

constexpr uint64_t kWordPages = 64;

uint64_t word_at(Bytes bytes, size_t index) {
  le64 word;
  std::memcpy(&word, bytes.data() + index * sizeof word, sizeof word);
  return word;
}

}  // namespace

void StoredRuns::clear() {
  runs_.clear();
  pages_ = behind_hole_ = 0;
  gap_ = kGapPages;
}

void StoredRuns::add_window(Pfn window, Bytes existing, Bytes dumpable) {
  for (size_t i = 0; i < existing.size() / sizeof(uint64_t); ++i) {
    const uint64_t exists = word_at(existing, i);
    const uint64_t kept = word_at(dumpable, i);
    const uint64_t begin = window.value() + i * kWordPages;
    if (exists == UINT64_MAX && kept == 0) continue;
    if (kept == UINT64_MAX) {
      add_pages(begin, begin + kWordPages);
      continue;
    }
    for (unsigned bit = 0; bit < kWordPages; ++bit) {
      if ((exists >> bit & 1) == 0) behind_hole_ = begin + bit + 1;
      if ((kept >> bit & 1) != 0) add_pages(begin + bit, begin + bit + 1);
    }
  }
}

void StoredRuns::add_pages(uint64_t begin, uint64_t end) {
  const uint64_t last_end = runs_.empty() ? 0 : end_of(runs_.size() - 1);
  const bool after_hole = runs_.empty() || behind_hole_ > last_end;
  if (!after_hole && begin - last_end < gap_) {
    pages_ += end - last_end;
    return;
  }
  runs_.push_back({begin, pages_ & (UINT64_MAX >> 1), after_hole ? 1U : 0U});
  pages_ += end - begin;
  if (runs_.size() >= most_runs_) bridge_longer_gaps();
}

void StoredRuns::bridge_longer_gaps() {
  constexpr uint64_t kLongestGap = uint64_t{1} << 40;
  while (runs_.size() > most_runs_ / 2 && gap_ < kLongestGap) {
    gap_ *= 2;
    std::deque<Run> before;
    before.swap(runs_);
    const uint64_t all = pages_;
    pages_ = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      const Run& run = before[i];
      const uint64_t size = (i + 1 < before.size() ? uint64_t{before[i + 1].first} : all) - run.first;
      const uint64_t last_end = runs_.empty() ? 0 : end_of(runs_.size() - 1);
      const bool bridged = run.after_hole == 0 && run.begin - last_end < gap_;
      if (!bridged) runs_.push_back({run.begin, pages_ & (UINT64_MAX >> 1), run.after_hole});
      pages_ += bridged ? run.begin + size - last_end : size;
    }
  }
  // Memory itself is in so many pieces.
  if (runs_.size() > most_runs_ / 2) most_runs_ *= 2;
}

uint64_t StoredRuns::end_of(size_t index) const {
  const uint64_t next = index + 1 < runs_.size() ? uint64_t{runs_[index + 1].first} : pages_;
  return runs_[index].begin + (next - runs_[index].first);
}

StoredRun StoredRuns::run(size_t index) const {
  return {{Pfn(runs_[index].begin), Pfn(end_of(index))}, runs_[index].first};
}

size_t StoredRuns::find_from(Pfn pfn) const {
  const auto after =
      std::ranges::upper_bound(runs_, pfn.value(), {}, [](const Run& run) { return uint64_t{run.begin}; });
  const auto index = static_cast<size_t>(after - runs_.begin());
  return index != 0 && end_of(index - 1) > pfn.value() ? index - 1 : index;
}

}  // namespace kdump
