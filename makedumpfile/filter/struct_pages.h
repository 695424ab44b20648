// SPDX-License-Identifier: GPL-2.0-or-later
// struct pages by pfn, read in batches.
#pragma once

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/mm/mem_map.h"

namespace kdump {

// Goes through one range of the mem_map in ascending order. For one thread.
class StructPages {
 public:
  // Few enough for the processor's second cache, enough that the call that reads them does not count.
  static constexpr uint64_t kBatch = 1024;
  // Where one of those cannot be read: what one page of memory holds.
  static constexpr uint64_t kSmallBatch = 64;

  StructPages(VirtualReader& reader, uint64_t struct_size) : reader_(&reader), struct_size_(struct_size) {}

  // From now on `pages`, a part of `range`, are asked for.
  void enter(const MemMapRange& range, PfnRange pages);
  // Makes `pfn`'s struct page available; false when it cannot be read: then neither can those up to
  // batch_end().
  bool load(Pfn pfn);
  [[nodiscard]] Pfn batch_end() const { return batch_.end; }

  // Of a pfn that was loaded.
  [[nodiscard]] const std::byte* at(Pfn pfn) const {
    return bytes_.data() + (pfn - batch_.begin) * struct_size_;
  }
  // The one after it, nullptr behind the end of the batch.
  [[nodiscard]] const std::byte* after(Pfn pfn) const { return pfn + 1 < batch_.end ? at(pfn + 1) : nullptr; }

 private:
  bool read_batch(Pfn first, uint64_t size);

  VirtualReader* reader_;
  uint64_t struct_size_;
  MemMapRange range_{};
  PfnRange pages_{};
  PfnRange batch_{};
  bool readable_ = false;
  ByteVector bytes_;
};

}  // namespace kdump
