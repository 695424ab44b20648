// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/struct_pages.h"

#include <algorithm>

namespace kdump {

void StructPages::enter(const MemMapRange& range, PfnRange pages) {
  range_ = range;
  pages_ = pages;
  batch_ = {pages.begin, pages.begin};
}

bool StructPages::load(Pfn pfn) {
  if (batch_.contains(pfn)) return readable_;
  readable_ = read_batch(pfn, kBatch) || read_batch(pfn, kSmallBatch);
  return readable_;
}

bool StructPages::read_batch(Pfn first, uint64_t size) {
  // Batches end at multiples of their size: then no head of a compound page is the last of one.
  const Pfn aligned_end((first.value() / size + 1) * size);
  batch_ = {first, std::min(aligned_end, pages_.end)};
  if (range_.first == kUnknownPlace) return false;
  bytes_.resize(batch_.size() * struct_size_);
  return reader_->read(range_.first + (first - range_.pages.begin) * struct_size_, bytes_).has_value();
}

}  // namespace kdump
