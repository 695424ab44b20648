// SPDX-License-Identifier: GPL-2.0-or-later
// What a worker does to a batch: read, erase, zero test, compress.
#pragma once

#include <memory>

#include "makedumpfile/codec/codec.h"
#include "makedumpfile/erase/erased_memory.h"
#include "makedumpfile/pipeline/batch.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

struct EncoderSettings {
  const Vmcore* vmcore = nullptr;
  uint64_t page_size = 0;
  CodecId codec = CodecId::none;
  bool share_zero_pages = false;         // dump level bit 0
  const ErasedMemory* erased = nullptr;  // what of the memory does not go into the dump; null: nothing
};

// One a thread: it holds the codec's working memory.
class PageEncoder {
 public:
  explicit PageEncoder(const EncoderSettings& settings);

  // Fills the batch's result. A page that cannot be read is lost, alone.
  void encode(Batch& batch);

 private:
  // Memory as it goes into the dump.
  Status read(PhysAddr addr, MutableBytes out) const;
  void read_run(Batch& batch, size_t first, size_t count) const;
  void read_pages(Batch& batch);
  StoredPage place(MutableBytes room, Bytes page);

  EncoderSettings settings_;
  std::unique_ptr<Codec> codec_;
  uint32_t flags_;
};

}  // namespace kdump
