// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/kdump_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace kdump {
namespace {

constexpr uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

KdumpLayout::KdumpLayout(uint64_t page_size, Pfn max_pfn, uint64_t notes_size, uint64_t erase_info_size) {
  constexpr uint64_t kSubHeaderSize = sizeof(diskdump::KdumpSubHeader<Little>);
  sub_header_blocks = round_up(kSubHeaderSize + notes_size + erase_info_size, page_size) / page_size;
  bitmap_bytes = round_up(round_up(max_pfn.value(), 8) / 8, page_size);
  sub_header = page_size;
  notes = sub_header + kSubHeaderSize;
  erase_info = notes + notes_size;
  bitmap1 = (1 + sub_header_blocks) * page_size;
  bitmap2 = bitmap1 + bitmap_bytes;
  descriptors = bitmap2 + bitmap_bytes;
}

KdumpWriter::KdumpWriter(RandomAccess& sink, const KdumpParameters& parameters)
    : sink_(sink),
      parameters_(parameters),
      layout_(parameters.page_size, parameters.max_pfn, parameters.notes->raw().size(),
              parameters.erase_info.size()),
      output_(sink) {}

diskdump::DiskDumpHeader<Little> KdumpWriter::header(bool incomplete) const {
  diskdump::DiskDumpHeader<Little> header{};
  std::memcpy(header.signature, diskdump::kSignature, sizeof header.signature);
  header.header_version = diskdump::kHeaderVersion;
  header.utsname = parameters_.utsname;
  header.timestamp_sec = parameters_.crash_time;
  const bool marked = incomplete || parameters_.of_incomplete;
  header.status =
      codec_row(parameters_.codec).header_bit | (marked ? diskdump::DUMP_DH_COMPRESSED_INCOMPLETE : 0);
  header.block_size = static_cast<int32_t>(parameters_.page_size);
  header.sub_hdr_size = static_cast<int32_t>(layout_.sub_header_blocks);
  header.bitmap_blocks = static_cast<uint32_t>(2 * layout_.bitmap_bytes / parameters_.page_size);
  header.max_mapnr = static_cast<uint32_t>(
      std::min<uint64_t>(parameters_.max_pfn.value(), std::numeric_limits<uint32_t>::max()));
  header.nr_cpus = static_cast<int32_t>(parameters_.notes->cpu_count());
  return header;
}

diskdump::KdumpSubHeader<Little> KdumpWriter::sub_header() const {
  const Notes& notes = *parameters_.notes;
  diskdump::KdumpSubHeader<Little> sub{};
  sub.phys_base = parameters_.phys_base;
  sub.dump_level = parameters_.dump_level;
  if (!notes.vmcoreinfo().empty()) {
    sub.offset_vmcoreinfo = layout_.notes + notes.vmcoreinfo_offset();
    sub.size_vmcoreinfo = notes.vmcoreinfo().size();
  }
  if (!notes.raw().empty()) {
    sub.offset_note = layout_.notes;
    sub.size_note = notes.raw().size();
  }
  if (!parameters_.erase_info.empty()) {
    sub.offset_eraseinfo = layout_.erase_info;
    sub.size_eraseinfo = parameters_.erase_info.size();
  }
  sub.max_mapnr_64 = parameters_.max_pfn.value();
  if (!part_) return sub;
  sub.split = 1;
  sub.start_pfn = sub.start_pfn_64 = part_->range.begin.value();
  sub.end_pfn = sub.end_pfn_64 = part_->range.end.value();
  return sub;
}

// `data` at `offset`, and zeros up to `end`: a stream has no holes, since not all readers take them for
// zeros.
Status KdumpWriter::write_padded(uint64_t offset, Bytes data, uint64_t end) {
  ByteVector block(data.begin(), data.end());
  block.resize(end - offset);
  return sink_.write_at(offset, block);
}

Status KdumpWriter::put_header(bool incomplete) {
  return write_padded(0, bytes_of(header(incomplete)), parameters_.page_size);
}

Status KdumpWriter::write_header() {
  TRY(sink_.allocate(0, layout_.descriptors));
  TRY(put_header(sink_.rewritable()));
  return put_sub_header();
}

Status KdumpWriter::put_sub_header() {
  // Notes may be large where drivers of the dead kernel left dumps of their devices among them.
  ForwardOutput block(sink_);
  block.begin(layout_.sub_header);
  TRY(block.put(bytes_of(sub_header())));
  TRY(block.put(parameters_.notes->raw()));
  TRY(block.put(bytes_of(parameters_.erase_info)));
  TRY(block.put_zeros(layout_.bitmap1 - block.end()));
  return block.flush();
}

Status KdumpWriter::write_bitmaps(Pfn window, Bytes existing, Bytes dumpable) {
  const uint64_t start = window.value() / 8;
  const bool last = window.value() + 8 * existing.size() >= parameters_.max_pfn.value();
  const uint64_t end = last ? layout_.bitmap_bytes : start + existing.size();
  TRY(write_padded(layout_.bitmap1 + start, existing, layout_.bitmap1 + end));
  return write_padded(layout_.bitmap2 + start, dumpable, layout_.bitmap2 + end);
}

Status KdumpWriter::set_part(PfnRange range, uint64_t all_pages) {
  part_ = {range, all_pages};
  return put_sub_header();
}

Status KdumpWriter::begin_pages(uint64_t count, bool shared_zero_page) {
  page_count_ = pages_left_ = count;
  TRY(sink_.allocate(layout_.descriptors, count * sizeof(PageDesc)));
  output_.begin(layout_.descriptors + (part_ ? part_->all_pages : count) * sizeof(PageDesc));
  zero_page_ = output_.end();
  descriptors_.reserve(std::min<uint64_t>(count, kChunkBytes / sizeof(PageDesc)));
  return shared_zero_page ? output_.put_zeros(parameters_.page_size) : Status();
}

Status KdumpWriter::add(const PageBatch& batch) {
  uint64_t index = batch.index;
  if (batch.pages.size() > pages_left_ || index + batch.pages.size() > page_count_) {
    return fail(ErrorKind::corrupt, "more pages than the first pass over the memory map counted");
  }
  pages_left_ -= batch.pages.size();
  uint64_t offset = output_.end();
  Status appended = output_.put(batch.data);
  for (const StoredPage& page : batch.pages) {
    if (!appended) ++dropped_;
    if (appended) appended = add_descriptor(index, page, offset);
    ++index;
    offset += page.size;
  }
  return appended;
}

Status KdumpWriter::add_descriptor(uint64_t index, const StoredPage& page, uint64_t offset) {
  PageDesc desc{};
  if (page.fate == PageFate::zero) {
    desc.offset = static_cast<int64_t>(zero_page_);
    desc.size = static_cast<uint32_t>(parameters_.page_size);
  } else if (page.fate == PageFate::stored) {
    desc.offset = static_cast<int64_t>(offset);
    desc.size = page.size;
    desc.flags = page.flags;
  }
  descriptors_.push_back(desc);
  if (runs_.empty() || runs_.back().index + runs_.back().count != index) runs_.push_back({index, 0});
  ++runs_.back().count;
  if (descriptors_.size() < kChunkBytes / sizeof(PageDesc)) return {};
  return flush_descriptors();
}

// Data first: a dump that ends here for whatever reason has no descriptor without its data.
Status KdumpWriter::flush_descriptors() {
  if (descriptors_.empty()) return {};
  TRY(output_.settle());
  TRY(write_descriptors());
  descriptors_.clear();
  runs_.clear();
  return {};
}

Status KdumpWriter::write_descriptors() {
  std::span<const PageDesc> waiting = descriptors_;
  for (const Run& run : runs_) {
    TRY(sink_.write_at(layout_.descriptors + run.index * sizeof(PageDesc),
                       std::as_bytes(waiting.first(run.count))));
    waiting = waiting.subspan(run.count);
  }
  return {};
}

Status KdumpWriter::checkpoint() {
  TRY(flush_descriptors());
  output_.release();
  descriptors_.shrink_to_fit();
  return {};
}

Status KdumpWriter::finish() {
  if (pages_left_ != 0) {
    return fail(ErrorKind::corrupt, "{} pages fewer than the first pass over the memory map counted",
                pages_left_);
  }
  TRY(output_.flush());
  TRY(flush_descriptors());
  if (sink_.rewritable()) {
    // The mark goes only when everything else is on disk.
    TRY(sink_.sync());
    TRY(put_header(false));
  }
  return sink_.finish();
}

Status KdumpWriter::restart() {
  TRY(sink_.restart());
  output_.restart();
  page_count_ = pages_left_ = dropped_ = 0;
  descriptors_.clear();
  runs_.clear();
  return {};
}

void KdumpWriter::drop_descriptors_behind(uint64_t end) {
  for (PageDesc& desc : descriptors_) {
    if (static_cast<uint64_t>(desc.offset) + desc.size <= end) continue;
    desc = PageDesc{};
    ++dropped_;
  }
}

Leftover KdumpWriter::abandon() {
  if (!sink_.rewritable()) return Leftover::unmarked;
  if (!output_.begun()) return sink_.discard() ? Leftover::nothing : Leftover::unmarked;
  output_.rescue();
  drop_descriptors_behind(output_.settled());
  return put_header(true) && write_descriptors() && sink_.sync() ? Leftover::incomplete : Leftover::unmarked;
}

}  // namespace kdump
