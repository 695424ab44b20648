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
  // Batches end at multiples of their size: then no head of a compound page is the last of one.
  const Pfn aligned_end((pfn.value() / kBatch + 1) * kBatch);
  batch_ = {pfn, std::min(aligned_end, pages_.end)};
  bytes_.resize(batch_.size() * struct_size_);
  const VirtAddr first = range_.first + (pfn - range_.pages.begin) * struct_size_;
  readable_ = reader_->read(first, bytes_).has_value();
  return readable_;
}

}  // namespace kdump
