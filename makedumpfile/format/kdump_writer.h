// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the kdump-compressed format, header version 6 (common/layout/diskdump.h), in the only order in which
// nothing is written twice and little is kept in memory:
//   write_header, write_bitmaps for each window, begin_pages, add for each batch of pages, finish.
// After an error: restart and all of it again, or abandon, which leaves what is there readable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/layout/diskdump.h"
#include "common/units.h"
#include "makedumpfile/codec/codec.h"
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
};

// Where the parts of a dump lie, in bytes from its start.
struct KdumpLayout {
  KdumpLayout(uint64_t page_size, Pfn max_pfn, uint64_t notes_size);

  uint64_t sub_header_blocks;
  uint64_t bitmap_bytes;  // of one of the two, whole blocks
  uint64_t sub_header;
  uint64_t notes;
  uint64_t bitmap1;
  uint64_t bitmap2;
  uint64_t descriptors;
};

// What became of a page that has a descriptor.
enum class PageFate : uint8_t {
  stored,  // its data follows
  zero,    // shares the one zero page
  lost,    // could not be read: a descriptor with offset 0
};

struct StoredPage {
  uint32_t size;   // bytes of data, 0 unless stored
  uint32_t flags;  // page_desc.flags
  PageFate fate;
};

// What abandon() leaves.
enum class Leftover {
  nothing,     // there was no page to keep
  incomplete,  // a dump that can be read and says that it is not whole
  unmarked,    // whatever was written last
};

class KdumpWriter {
 public:
  // Data goes out in pieces that end at multiples of this, descriptors in batches of this size.
  static constexpr size_t kChunkBytes = size_t{1} << 20;

  // `sink` and what `parameters` points to must outlive this.
  KdumpWriter(RandomAccess& sink, const KdumpParameters& parameters);

  // Of the header that is written next.
  void set_dump_level(int level) { parameters_.dump_level = level; }
  // Header, sub header and notes; on a sink that can be rewritten the header says incomplete until finish(),
  // and all may be written again before begin_pages.
  Status write_header();
  // The two bitmaps' bytes from page `window` on; windows come in ascending order, without gaps.
  Status write_bitmaps(Pfn window, Bytes existing, Bytes dumpable);
  // `count` pages will be added: those of the second bitmap. `shared_zero_page`: pages of fate zero may come.
  Status begin_pages(uint64_t count, bool shared_zero_page);
  // Neighbours among those pages, in ascending order, the first of them the `index`th; each page comes once,
  // and best most of them one after the other. `data`: the bytes of the stored ones in their order.
  Status add(uint64_t index, std::span<const StoredPage> pages, Bytes data);
  // What was added is safe from what happens to later pages.
  Status checkpoint() { return flush_descriptors(); }
  // All pages were added: the rest goes out, the header becomes final, the sink finishes.
  Status finish();
  // All again from write_header() on, after an error, too; RandomAccess::restart.
  Status restart();
  // After an error: descriptors of pages whose data did not make it are zero, the header stays marked
  // incomplete. That cannot be done on a stream.
  Leftover abandon();

  // The dump's size in bytes so far.
  [[nodiscard]] uint64_t size() const { return data_end(); }
  // Pages that were announced and have not made it.
  [[nodiscard]] uint64_t pages_missing() const { return pages_left_ + dropped_; }

 private:
  using PageDesc = diskdump::PageDesc<Little>;
  // Descriptors that lie side by side, in the dump and in descriptors_.
  struct Run {
    uint64_t index;
    size_t count;
  };

  [[nodiscard]] diskdump::DiskDumpHeader<Little> header(bool incomplete) const;
  [[nodiscard]] diskdump::KdumpSubHeader<Little> sub_header() const;
  [[nodiscard]] uint64_t data_end() const { return chunk_offset_ + chunk_.size(); }
  Status put_header(bool incomplete);
  Status write_padded(uint64_t offset, Bytes data, uint64_t end);
  Status append_data(Bytes data);
  Status add_descriptor(uint64_t index, const StoredPage& page, uint64_t offset);
  Status flush_data();
  Status settle();
  Status flush_descriptors();
  Status write_descriptors();
  void rescue_data();
  void drop_descriptors_behind(uint64_t end);

  RandomAccess& sink_;
  KdumpParameters parameters_;
  KdumpLayout layout_;
  uint64_t zero_page_ = 0;   // offset of the shared zero page
  uint64_t page_count_ = 0;  // announced
  uint64_t pages_left_ = 0;  // of those, not yet added
  uint64_t dropped_ = 0;     // of those added, without data in the end
  std::vector<PageDesc> descriptors_;
  std::vector<Run> runs_;      // of descriptors_, in the same order
  uint64_t chunk_offset_ = 0;  // where chunk_ goes
  uint64_t settled_ = 0;       // the sink has taken all data before this offset
  bool careful_ = false;       // the sink has been full: what it takes is asked for more often
  ByteVector chunk_;
};

}  // namespace kdump
