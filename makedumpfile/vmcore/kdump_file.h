// SPDX-License-Identifier: GPL-2.0-or-later
// Kdump-compressed files as input: pages are found by rank. The n-th set bit of the second bitmap has the
// n-th descriptor, which tells where the page's data lies and how it is compressed; in one of the files of a
// split dump, the n-th of the bits of its part.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "makedumpfile/vmcore/file_bitmap.h"
#include "makedumpfile/vmcore/kdump_headers.h"
#include "makedumpfile/vmcore/page_decoder.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

class KdumpFile final : public Vmcore {
 public:
  // Reads headers, notes and bitmaps. Errors as those of read_kdump_headers.
  static Result<std::unique_ptr<KdumpFile>> open(std::unique_ptr<ByteSource> source);

  [[nodiscard]] const std::string& name() const override { return source_->name(); }
  [[nodiscard]] uint16_t machine() const override { return headers_.machine(); }
  [[nodiscard]] const MemoryMap& memory_map() const override { return memory_map_; }
  [[nodiscard]] const Notes& notes() const override { return notes_; }
  // Of a split dump's file: of all of them, or of its own pages; that differs by writer.
  [[nodiscard]] std::string_view erase_info() const override { return erase_info_; }
  [[nodiscard]] const EarlierDump* earlier() const override { return &earlier_; }
  [[nodiscard]] Result<std::vector<PfnRange>> excluded_earlier(PfnRange window,
                                                               unsigned page_shift) const override;
  // Pages that are not in the file are ErrorKind::failure and say why: not in the memory map, excluded, lost,
  // in another file of a split dump. A descriptor or data that is damaged is ErrorKind::corrupt.
  Status read(PhysAddr addr, MutableBytes out) const override;

  [[nodiscard]] const KdumpHeaders& headers() const { return headers_; }
  [[nodiscard]] const ByteSource& source() const { return *source_; }
  // Pages that exist, and those of them with a descriptor (of a split dump: in all of its files). The same
  // object where the file has one bitmap.
  [[nodiscard]] const FileBitmap& existing() const { return *existing_; }
  [[nodiscard]] const FileBitmap& dumpable() const { return two_bitmaps_ ? *dumpable_ : *existing_; }
  // Descriptors in this file.
  [[nodiscard]] uint64_t page_count() const { return page_count_; }
  // Of a page of headers().part whose bit in dumpable() is set: the index of its descriptor in this file.
  [[nodiscard]] Result<uint64_t> descriptor_index(Pfn pfn) const;
  // Offset of a descriptor in the file, bytes.
  [[nodiscard]] uint64_t descriptor_offset(uint64_t index) const;
  // The descriptors from `index` on, as they are in the file.
  Status read_descriptors(uint64_t index, std::span<PageDescriptor> out) const;
  // ErrorKind::corrupt, naming the descriptor's place and field, when its size, offset or codec cannot be.
  // `index` is for the message. A lost page's descriptor (offset 0) passes.
  [[nodiscard]] Status check_descriptor(uint64_t index, const PageDescriptor& page) const;

 private:
  // Decompressed pages, the last ones by their number; for reads of parts of pages.
  class PageCache {
   public:
    using Page = std::shared_ptr<const ByteVector>;
    explicit PageCache(uint64_t page_size);
    [[nodiscard]] Page find(Pfn pfn);
    void keep(Pfn pfn, Page page);

   private:
    struct Slot {
      Pfn pfn;
      Page page;
    };
    std::mutex mutex_;
    std::vector<Slot> slots_;
  };

  KdumpFile(std::unique_ptr<ByteSource> source, KdumpHeaders headers);

  Status read_notes();
  Status read_erase_info();
  Status read_bitmaps();
  Status read_memory_map();
  // Whole pages from `first` on, as many as lie together; how many.
  [[nodiscard]] Result<uint64_t> read_pages(Pfn first, MutableBytes out) const;
  [[nodiscard]] Result<PageCache::Page> cached_page(Pfn pfn) const;
  [[nodiscard]] Failure not_stored(Pfn pfn) const;

  std::unique_ptr<ByteSource> source_;
  KdumpHeaders headers_;
  EarlierDump earlier_;
  Notes notes_;
  std::string erase_info_;
  MemoryMap memory_map_;
  bool two_bitmaps_;
  std::unique_ptr<FileBitmap> existing_;
  std::unique_ptr<FileBitmap> dumpable_;
  uint64_t first_rank_ = 0;  // of the part's first page
  uint64_t page_count_ = 0;
  PageDecoder decoder_;
  mutable PageCache cache_;
};

// As open(), for the table of readers.
Result<std::unique_ptr<Vmcore>> read_kdump_file(std::unique_ptr<ByteSource> source);

}  // namespace kdump
