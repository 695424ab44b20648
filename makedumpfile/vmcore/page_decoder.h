// SPDX-License-Identifier: GPL-2.0-or-later
// Pages of a kdump-compressed file from their descriptors: data that lies together is read at once.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "makedumpfile/codec/codec.h"
#include "makedumpfile/vmcore/byte_source.h"

namespace kdump {

// page_desc in our byte order.
struct PageDescriptor {
  uint64_t offset = 0;  // of the data from the start of the file; 0: the page is lost
  uint32_t size = 0;    // bytes stored
  uint32_t flags = 0;   // 0 raw, else the codec's DUMP_DH_COMPRESSED_ bit

  [[nodiscard]] bool lost() const { return offset == 0; }
};

// The codecs and the buffer of one thread.
class PageScratch {
 public:
  // Fills `page` from its stored bytes. Errors: unknown flags, damaged data, another size.
  Status decode(uint32_t flags, Bytes stored, MutableBytes page);
  [[nodiscard]] MutableBytes buffer(size_t size);

 private:
  std::vector<std::unique_ptr<Codec>> codecs_;  // in the order of codec_rows()
  ByteVector buffer_;
};

class PageDecoder {
 public:
  PageDecoder(const ByteSource& source, uint64_t page_size) : source_(&source), page_size_(page_size) {}

  // Fills `out`, a page for each of `pages`, which are checked already and none of which is lost. Errors name
  // the offset. May be called from several threads.
  Status decode(std::span<const PageDescriptor> pages, MutableBytes out) const;

 private:
  // Pages whose data follow each other, read at once.
  Status decode_run(PageScratch& scratch, std::span<const PageDescriptor> run, MutableBytes out) const;
  [[nodiscard]] std::unique_ptr<PageScratch> borrow() const;
  void give_back(std::unique_ptr<PageScratch> scratch) const;

  const ByteSource* source_;
  uint64_t page_size_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<PageScratch>> idle_;
};

}  // namespace kdump
