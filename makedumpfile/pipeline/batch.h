// SPDX-License-Identifier: GPL-2.0-or-later
// The unit of work: a handful of pages that are read, compressed and written together.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/bytes.h"
#include "common/units.h"
#include "makedumpfile/format/page_writer.h"

namespace kdump {

// Bytes of page data in a full batch. The pages of a batch depend on the dump alone, never on the number of
// threads: that is why the output does not either.
inline constexpr size_t kBatchBytes = size_t{256} << 10;

struct Batch {
  // `bound`: the room one page needs for compression, 0 when none will happen.
  Batch(size_t page_size, size_t bound)
      : page_capacity(kBatchBytes / page_size),
        input(std::make_unique_for_overwrite<std::byte[]>(kBatchBytes)),
        output_size(bound == 0 ? 0 : kBatchBytes + bound),
        output(bound == 0 ? nullptr : std::make_unique_for_overwrite<std::byte[]>(output_size)) {
    pfns.reserve(page_capacity);
    stored.reserve(page_capacity);
  }

  size_t page_capacity;
  uint64_t index = 0;     // of the first page, among all that are dumped
  std::vector<Pfn> pfns;  // ascending, neighbours among those pages
  std::unique_ptr<std::byte[]> input;
  size_t output_size;
  std::unique_ptr<std::byte[]> output;  // without compression pages stay in `input`

  // The result: a fate for each of pfns, and the data of those stored.
  std::vector<StoredPage> stored;
  Bytes data;
  bool ready = false;  // guarded by the pool's lock
};

}  // namespace kdump
