// SPDX-License-Identifier: GPL-2.0-or-later
// The copy pass: the pages named by the bitmaps, from the vmcore through the codec into the dump.
#pragma once

#include <cstdint>
#include <functional>

#include "common/error.h"
#include "makedumpfile/filter/bitmap.h"
#include "makedumpfile/format/page_writer.h"
#include "makedumpfile/pipeline/page_encoder.h"

namespace kdump {

// The dumpable pages of the next window in ascending order, nullptr after the last; valid until the next
// call.
using NextWindow = std::function<Result<const Bitmap*>()>;

// Whether a page is to be copied now.
using WantPage = std::function<bool(Pfn)>;

struct CopyCounts {
  uint64_t written = 0;  // descriptors, zero and lost pages included
  uint64_t zero = 0;
  uint64_t lost = 0;
};

// Told how many pages are written, after each batch.
using CopyProgress = std::function<void(uint64_t)>;

// Adds all pages that `want` says (all where it is empty) to `writer`, which has begun its pages, and what
// became of them to `counts`, also when it fails. The same bytes come out for every number of threads.
// Memory: about 0.5 MiB for each batch in flight, two a thread and one more.
Status copy_pages(const EncoderSettings& settings, unsigned threads, const NextWindow& next,
                  const WantPage& want, PageWriter& writer, const CopyProgress& progress, CopyCounts& counts);

}  // namespace kdump
