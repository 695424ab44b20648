// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/page_encoder.h"

#include <cstring>

namespace kdump {

PageEncoder::PageEncoder(const EncoderSettings& settings)
    : settings_(settings),
      codec_(codec_row(settings.codec).create()),
      flags_(codec_row(settings.codec).header_bit) {}

void PageEncoder::encode(Batch& batch) {
  const size_t page_size = settings_.page_size;
  read_pages(batch);
  // Without compression the pages move together where they are.
  const MutableBytes room = batch.output ? MutableBytes(batch.output.get(), batch.output_size)
                                         : MutableBytes(batch.input.get(), kBatchBytes);
  size_t used = 0;
  for (size_t i = 0; i < batch.pfns.size(); ++i) {
    StoredPage& page = batch.stored[i];
    if (page.fate == PageFate::lost) continue;
    page = place(room.subspan(used), Bytes(batch.input.get() + i * page_size, page_size));
    used += page.size;
  }
  batch.data = room.first(used);
}

StoredPage PageEncoder::place(MutableBytes room, Bytes page) {
  if (settings_.share_zero_pages && all_zero(page)) return {0, 0, PageFate::zero};
  const size_t size = codec_->compress(page, room);
  if (size != 0) return {static_cast<uint32_t>(size), flags_, PageFate::stored};
  if (room.data() != page.data()) std::memmove(room.data(), page.data(), page.size());
  return {static_cast<uint32_t>(page.size()), 0, PageFate::stored};
}

// Neighbouring pages are read at once.
void PageEncoder::read_pages(Batch& batch) {
  batch.stored.assign(batch.pfns.size(), {0, 0, PageFate::stored});
  for (size_t first = 0; first < batch.pfns.size();) {
    size_t end = first + 1;
    while (end < batch.pfns.size() && batch.pfns[end] - batch.pfns[first] == end - first) ++end;
    read_run(batch, first, end - first);
    first = end;
  }
}

Status PageEncoder::read(PhysAddr addr, MutableBytes out) const {
  TRY(settings_.vmcore->read(addr, out));
  if (settings_.erased != nullptr) settings_.erased->apply(addr, out);
  return {};
}

void PageEncoder::read_run(Batch& batch, size_t first, size_t count) const {
  const size_t page_size = settings_.page_size;
  const auto address = [&](size_t i) { return PhysAddr(batch.pfns[i].value() * page_size); };
  const auto space = [&](size_t i, size_t pages) {
    return MutableBytes(batch.input.get() + i * page_size, pages * page_size);
  };
  if (read(address(first), space(first, count))) return;
  // Some page of the run is bad: find out which.
  for (size_t i = first; i < first + count; ++i) {
    if (!read(address(i), space(i, 1))) batch.stored[i].fate = PageFate::lost;
  }
}

}  // namespace kdump
