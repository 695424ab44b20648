// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the kdump-compressed format, header version 6 (common/layout/diskdump.h), so that nothing is written
// twice and little is kept in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/layout/diskdump.h"
#include "common/units.h"
#include "makedumpfile/codec/codec.h"
#include "makedumpfile/format/forward_output.h"
#include "makedumpfile/format/page_writer.h"
#include "makedumpfile/sink/sink.h"
#include "makedumpfile/vmcore/notes.h"

namespace kdump {

struct KdumpParameters {
  uint64_t page_size = 0;  // bytes, the block size
  Pfn max_pfn;             // one past the highest page
  int dump_level = 0;
  CodecId codec = CodecId::none;
  uint64_t phys_base = 0;
  int64_t crash_time = 0;  // seconds since the epoch
  diskdump::UtsName utsname{};
  const Notes* notes = nullptr;
  std::string_view erase_info = {};  // what was erased, a line an object
  bool of_incomplete = false;        // the dump that this one is made of lacks pages: it has the mark, too
};

// Where the parts of a dump lie, in bytes from its start.
struct KdumpLayout {
  KdumpLayout(uint64_t page_size, Pfn max_pfn, uint64_t notes_size, uint64_t erase_info_size = 0);

  uint64_t sub_header_blocks;
  uint64_t bitmap_bytes;  // of one of the two, whole blocks
  uint64_t sub_header;
  uint64_t notes;
  uint64_t erase_info;  // behind the notes, where its place is known before the pages are written
  uint64_t bitmap1;
  uint64_t bitmap2;
  uint64_t descriptors;
};

// In its files a page of fate zero shares the one zero page, and a lost page has a descriptor with offset 0.
class KdumpWriter final : public PageWriter {
 public:
  // Of descriptors that go out together.
  static constexpr size_t kChunkBytes = ForwardOutput::kChunkBytes;

  // `sink` and what `parameters` points to must outlive this.
  KdumpWriter(RandomAccess& sink, const KdumpParameters& parameters);

  void set_dump_level(int level) override { parameters_.dump_level = level; }
  [[nodiscard]] bool rewritable() const override { return sink_.rewritable(); }
  // Header, sub header and notes; on a sink that can be rewritten the header says incomplete until finish().
  Status write_header() override;
  Status write_bitmaps(Pfn window, Bytes existing, Bytes dumpable) override;
  // Page data begins where it would in a file of its own for the whole dump, since makedumpfile --reassemble
  // looks for the shared zero page there: behind the part's descriptors the file has a hole.
  Status set_part(PfnRange range, uint64_t all_pages) override;
  Status begin_pages(uint64_t count, bool shared_zero_page) override;
  Status add(const PageBatch& batch) override;
  Status checkpoint() override;
  Status finish() override;
  Status restart() override;
  // Descriptors of pages whose data did not make it are zero, the header stays marked incomplete.
  Leftover abandon() override;

  [[nodiscard]] uint64_t size() const override { return output_.end(); }
  [[nodiscard]] uint64_t pages_missing() const override { return pages_left_ + dropped_; }

 private:
  using PageDesc = diskdump::PageDesc<Little>;
  struct Part {
    PfnRange range;
    uint64_t all_pages;  // of the whole dump
  };
  // Descriptors that lie side by side, in the dump and in descriptors_.
  struct Run {
    uint64_t index;
    size_t count;
  };

  [[nodiscard]] diskdump::DiskDumpHeader<Little> header(bool incomplete) const;
  [[nodiscard]] diskdump::KdumpSubHeader<Little> sub_header() const;
  Status put_header(bool incomplete);
  Status put_sub_header();
  Status write_padded(uint64_t offset, Bytes data, uint64_t end);
  Status add_descriptor(uint64_t index, const StoredPage& page, uint64_t offset);
  Status flush_descriptors();
  Status write_descriptors();
  void drop_descriptors_behind(uint64_t end);

  RandomAccess& sink_;
  KdumpParameters parameters_;
  KdumpLayout layout_;
  uint64_t zero_page_ = 0;  // offset of the shared zero page
  std::optional<Part> part_;
  uint64_t page_count_ = 0;  // announced
  uint64_t pages_left_ = 0;  // of those, not yet added
  uint64_t dropped_ = 0;     // of those added, without data in the end
  std::vector<PageDesc> descriptors_;
  std::vector<Run> runs_;  // of descriptors_, in the same order
  ForwardOutput output_;   // page data
};

}  // namespace kdump
