// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/kdump_file.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/cursor.h"
#include "common/layout/elf.h"

namespace kdump {
namespace {

constexpr uint64_t kCacheBytes = uint64_t{1} << 20;
constexpr uint64_t kFewestCached = 16;  // pages
constexpr size_t kDescriptorsAtOnce = 64;
constexpr uint64_t kBitmapBytesAtOnce = uint64_t{64} << 10;
// Of the memory map, 6 MiB while it is made; machines have hundreds.
constexpr size_t kMaxSegments = size_t{1} << 17;
constexpr size_t kDescriptorSize = sizeof(diskdump::PageDesc<Little>);

template <typename E>
PageDescriptor decoded(const std::byte* raw) {
  diskdump::PageDesc<E> desc;
  std::memcpy(&desc, raw, sizeof desc);
  return {static_cast<uint64_t>(int64_t{desc.offset}), desc.size, desc.flags};
}

EarlierDump earlier_dump(const KdumpHeaders& headers) {
  return {.page_size = headers.block_size,
          .dump_level = headers.dump_level,
          .incomplete = headers.incomplete(),
          .phys_base = headers.phys_base,
          .crash_time = headers.crash_time,
          .utsname = headers.utsname};
}

void join(std::vector<PfnRange>& ranges, PfnRange next) {
  if (!ranges.empty() && ranges.back().end == next.begin) {
    ranges.back().end = next.end;
  } else {
    ranges.push_back(next);
  }
}

}  // namespace

KdumpFile::PageCache::PageCache(uint64_t page_size)
    : slots_(std::max(kFewestCached, kCacheBytes / page_size)) {}

KdumpFile::PageCache::Page KdumpFile::PageCache::find(Pfn pfn) {
  const std::scoped_lock lock(mutex_);
  const Slot& slot = slots_[pfn.value() % slots_.size()];
  return slot.pfn == pfn ? slot.page : nullptr;
}

void KdumpFile::PageCache::keep(Pfn pfn, Page page) {
  const std::scoped_lock lock(mutex_);
  slots_[pfn.value() % slots_.size()] = {pfn, std::move(page)};
}

KdumpFile::KdumpFile(std::unique_ptr<ByteSource> source, KdumpHeaders headers)
    : source_(std::move(source)),
      headers_(headers),
      earlier_(earlier_dump(headers)),
      two_bitmaps_(headers.bitmap1 != headers.bitmap2),
      decoder_(*source_, headers.block_size),
      cache_(headers.block_size) {}

Result<std::unique_ptr<KdumpFile>> KdumpFile::open(std::unique_ptr<ByteSource> source) {
  const KdumpHeaders headers = TRY(read_kdump_headers(*source));
  std::unique_ptr<KdumpFile> file(new KdumpFile(std::move(source), headers));
  TRY(file->read_notes());
  TRY(file->read_erase_info());
  TRY(file->read_bitmaps());
  TRY(file->read_memory_map());
  return file;
}

Status KdumpFile::read_notes() {
  const FileExtent& place = headers_.notes;
  ByteVector raw = TRY(read_region(*source_, place.size == 0 ? 0 : place.offset, place.size, "notes"));
  raw.resize((raw.size() + 3) / 4 * 4);
  const auto parse = [&] { return Notes::parse(raw, headers_.big_endian, name() + ": notes"); };
  notes_ = parse();
  const FileExtent& text_place = headers_.vmcoreinfo;
  if (!notes_.vmcoreinfo().empty() || text_place.size == 0) return {};
  const ByteVector text = TRY(read_region(*source_, text_place.offset, text_place.size, "VMCOREINFO"));
  const ByteVector note = vmcoreinfo_note(text, headers_.big_endian);
  raw.insert(raw.begin(), note.begin(), note.end());
  notes_ = parse();
  return {};
}

// makedumpfile has it behind the pages.
Status KdumpFile::read_erase_info() {
  const FileExtent& place = headers_.eraseinfo;
  if (place.size == 0) {
    erase_info_ = notes_.erase_info();
    return {};
  }
  const ByteVector lines = TRY(read_region(*source_, place.offset, place.size, "erase information"));
  erase_info_ = text_of(lines);
  return {};
}

Status KdumpFile::read_bitmaps() {
  existing_ = TRY(FileBitmap::index(*source_, headers_.bitmap1, headers_.max_pfn, "bitmap 1"));
  if (two_bitmaps_)
    dumpable_ = TRY(FileBitmap::index(*source_, headers_.bitmap2, headers_.max_pfn, "bitmap 2"));
  first_rank_ = TRY(dumpable().rank(headers_.part.begin));
  page_count_ = TRY(dumpable().rank(headers_.part.end)) - first_rank_;
  return {};
}

Status KdumpFile::read_memory_map() {
  std::vector<PfnRange> ranges;
  ByteVector bits(std::min(kBitmapBytesAtOnce, headers_.bitmap_bytes));
  for (Pfn first; first < headers_.max_pfn; first += bits.size() * 8) {
    TRY(existing().read(first, bits));
    for_each_run(bits, first, [&](PfnRange run) { join(ranges, run); });
    if (ranges.size() > kMaxSegments) {
      return fail(ErrorKind::corrupt, "{}: offset {:#x}: bitmap 1: more than {} stretches of memory", name(),
                  headers_.bitmap1, kMaxSegments);
    }
  }
  std::vector<MemorySegment> segments;
  segments.reserve(ranges.size());
  for (const PfnRange& range : ranges) {
    const PhysAddr begin(range.begin.value() * headers_.block_size);
    segments.push_back({{begin, PhysAddr(range.end.value() * headers_.block_size)}, begin.value()});
  }
  memory_map_ = MemoryMap(std::move(segments));
  return {};
}

Result<std::vector<PfnRange>> KdumpFile::excluded_earlier(PfnRange window, unsigned page_shift) const {
  if (uint64_t{1} << page_shift != headers_.block_size) {
    return fail(ErrorKind::corrupt, "{}: block_size is {}, the kernel's page size {}", name(),
                headers_.block_size, uint64_t{1} << page_shift);
  }
  std::vector<PfnRange> excluded;
  if (!two_bitmaps_) return excluded;
  const Pfn begin(window.begin.value() & ~uint64_t{7});
  ByteVector missing((window.end - begin + 7) / 8), stored(missing.size());
  TRY(existing().read(begin, missing));
  TRY(dumpable().read(begin, stored));
  std::ranges::transform(missing, stored, missing.begin(), [](std::byte e, std::byte s) { return e & ~s; });
  for_each_run(missing, begin, [&](PfnRange run) {
    const PfnRange part{std::max(run.begin, window.begin), std::min(run.end, window.end)};
    if (!part.empty()) excluded.push_back(part);
  });
  return excluded;
}

Status KdumpFile::read(PhysAddr addr, MutableBytes out) const {
  const uint64_t page_size = headers_.block_size;
  while (!out.empty()) {
    const Pfn pfn(addr.value() / page_size);
    const uint64_t inside = addr.value() % page_size;
    uint64_t step = 0;
    if (inside == 0 && out.size() >= page_size) {
      step = page_size * TRY(read_pages(pfn, out));
    } else {
      const PageCache::Page page = TRY(cached_page(pfn));
      step = std::min<uint64_t>(out.size(), page_size - inside);
      std::memcpy(out.data(), page->data() + inside, step);
    }
    out = out.subspan(step);
    addr += step;
  }
  return {};
}

Result<uint64_t> KdumpFile::read_pages(Pfn first, MutableBytes out) const {
  const uint64_t most = std::min<uint64_t>(out.size() / headers_.block_size, kDescriptorsAtOnce);
  if (!headers_.part.contains(first)) return not_stored(first);
  const FileBitmap::Run run = TRY(dumpable().run(first, std::min(most, headers_.part.end - first)));
  if (run.pages == 0) return not_stored(first);
  PageDescriptor descriptors[kDescriptorsAtOnce];
  const std::span<PageDescriptor> pages(descriptors, run.pages);
  const uint64_t index = run.rank - first_rank_;
  TRY(read_descriptors(index, pages));
  for (size_t i = 0; i < pages.size(); ++i) {
    TRY(check_descriptor(index + i, pages[i]));
    if (pages[i].lost())
      return fail("{}: page {:#x} is lost: its descriptor is empty", name(), first.value() + i);
  }
  TRY(with_context(decoder_.decode(pages, out.first(run.pages * headers_.block_size)),
                   "page {:#x} or behind it", first.value()));
  return run.pages;
}

Result<KdumpFile::PageCache::Page> KdumpFile::cached_page(Pfn pfn) const {
  if (PageCache::Page page = cache_.find(pfn)) return page;
  auto page = std::make_shared<ByteVector>(headers_.block_size);
  TRY(read_pages(pfn, *page));
  cache_.keep(pfn, page);
  return page;
}

Failure KdumpFile::not_stored(Pfn pfn) const {
  const uint64_t addr = pfn.value() * headers_.block_size;
  if (memory_map_.find(PhysAddr(addr)) == nullptr || pfn >= headers_.max_pfn)
    return fail("{}: physical address {:#x} is not in the dump", name(), addr);
  if (!headers_.part.contains(pfn)) {
    return fail("{}: page {:#x} is in another file of the split dump, this one has {:#x} to {:#x}", name(),
                pfn.value(), headers_.part.begin.value(), headers_.part.end.value());
  }
  return fail("{}: page {:#x} was excluded when the dump was made (dump level {})", name(), pfn.value(),
              headers_.dump_level);
}

Result<uint64_t> KdumpFile::descriptor_index(Pfn pfn) const {
  return TRY(dumpable().rank(pfn)) - first_rank_;
}

uint64_t KdumpFile::descriptor_offset(uint64_t index) const {
  return headers_.descriptors + index * kDescriptorSize;
}

Status KdumpFile::read_descriptors(uint64_t index, std::span<PageDescriptor> out) const {
  std::byte raw[kDescriptorsAtOnce * kDescriptorSize];
  while (!out.empty()) {
    const size_t count = std::min(out.size(), kDescriptorsAtOnce);
    TRY(with_context(
        source_->read(descriptor_offset(index), MutableBytes(raw).first(count * kDescriptorSize)),
        "page_desc {}", index));
    for (size_t i = 0; i < count; ++i) {
      const std::byte* place = raw + i * kDescriptorSize;
      out[i] = headers_.big_endian ? decoded<Big>(place) : decoded<Little>(place);
    }
    out = out.subspan(count);
    index += count;
  }
  return {};
}

Status KdumpFile::check_descriptor(uint64_t index, const PageDescriptor& page) const {
  if (page.lost()) return {};
  const uint64_t end = source_->size();
  const bool raw = page.flags == 0;
  const auto bad = [&](std::string_view field, std::string_view what) {
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: page_desc {}: {}: {}", name(),
                descriptor_offset(index), index, field, what);
  };
  if (page.size == 0 || page.size > headers_.block_size || (raw && page.size != headers_.block_size))
    return bad("size", fmt::format("{} bytes of a page of {}, flags {:#x}", page.size, headers_.block_size,
                                   page.flags));
  if (codec_of_flags(page.flags) == nullptr)
    return bad("flags", fmt::format("{:#x} is no compression", page.flags));
  if (page.offset > end || page.size > end - page.offset)
    return bad("offset", fmt::format("{} bytes at {:#x}, the file ends at {:#x} (is the copy complete?)",
                                     page.size, page.offset, end));
  return {};
}

Result<std::unique_ptr<Vmcore>> read_kdump_file(std::unique_ptr<ByteSource> source) {
  std::unique_ptr<KdumpFile> file = TRY(KdumpFile::open(std::move(source)));
  const KdumpHeaders& headers = file->headers();
  if (headers.split) {
    return fail(ErrorKind::unsupported,
                "{}: holds pages {:#x} to {:#x} of a split dump; put its files together first: makedumpfile "
                "--reassemble FILE... DUMPFILE",
                file->name(), headers.part.begin.value(), headers.part.end.value());
  }
  return file;
}

}  // namespace kdump
