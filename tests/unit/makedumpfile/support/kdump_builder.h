// SPDX-License-Identifier: GPL-2.0-or-later
// Little kdump-compressed files, byte by byte, for tests of their reader: every field can be set to anything.
#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "common/layout/diskdump.h"
#include "common/units.h"
#include "makedumpfile/codec/codec.h"

namespace kdump::test {

template <typename E = Little>
struct KdumpBuilder {
  static constexpr uint64_t kPage = 4096;

  diskdump::DiskDumpHeader<E> header{};
  diskdump::KdumpSubHeader<E> sub{};
  std::set<uint64_t> existing, dumpable;           // pfns
  std::map<uint64_t, ByteVector> pages;            // of dumpable ones; those without are lost
  std::map<uint64_t, diskdump::PageDesc<E>> desc;  // instead of what the page would have
  CodecId codec = CodecId::none;
  ByteVector notes;
  bool one_bitmap = false;
  uint32_t bits_blocks;  // of one bitmap as it is laid out, whatever the header says

  explicit KdumpBuilder(uint64_t max_pfn = 64) {
    std::memcpy(header.signature, diskdump::kSignature, sizeof header.signature);
    header.header_version = 6;
    std::strcpy(header.utsname.sysname, "Linux");
    std::strcpy(header.utsname.machine, "x86_64");
    header.block_size = static_cast<int32_t>(kPage);
    header.sub_hdr_size = 1;
    header.bitmap_blocks = 2 * blocks(max_pfn);
    bits_blocks = blocks(max_pfn);
    header.max_mapnr = static_cast<uint32_t>(max_pfn);
    header.nr_cpus = 1;
    sub.max_mapnr_64 = max_pfn;
  }

  static uint32_t blocks(uint64_t max_pfn) {
    return static_cast<uint32_t>((max_pfn + 8 * kPage - 1) / (8 * kPage));
  }
  static ByteVector filled(char value) { return ByteVector(kPage, std::byte(value)); }

  void add(uint64_t pfn, char value) { add(pfn, filled(value)); }
  void add(uint64_t pfn, ByteVector page) {
    existing.insert(pfn);
    dumpable.insert(pfn);
    pages[pfn] = std::move(page);
  }
  void add_excluded(uint64_t pfn) { existing.insert(pfn); }
  void add_lost(uint64_t pfn) {
    existing.insert(pfn);
    dumpable.insert(pfn);
  }

  // Only descriptors of [begin, end), as in a file of a split dump.
  void split(uint64_t begin, uint64_t end) {
    sub.split = 1;
    sub.start_pfn = sub.start_pfn_64 = begin;
    sub.end_pfn = sub.end_pfn_64 = end;
    part = PfnRange{Pfn(begin), Pfn(end)};
  }

  ByteVector build() {
    bytes.clear();
    const uint64_t notes_blocks = 1 + (sizeof sub + notes.size() - 1) / kPage;
    header.sub_hdr_size = override_sub_hdr_size.value_or(static_cast<int32_t>(notes_blocks));
    if (!notes.empty()) {
      sub.offset_note = kPage + sizeof sub;
      sub.size_note = notes.size();
      put(kPage + sizeof sub, notes);
    }
    put(0, bytes_of(header));
    put(kPage, bytes_of(sub));
    const uint64_t bitmap1 = (1 + notes_blocks) * kPage;
    const uint64_t bitmaps = bits_blocks * kPage * (one_bitmap ? 1 : 2);
    put_bitmap(bitmap1, one_bitmap ? dumpable : existing);
    if (!one_bitmap) put_bitmap(bitmap1 + bitmaps / 2, dumpable);
    descriptors = bitmap1 + bitmaps;
    put_pages();
    return bytes;
  }

  // Where build() has put them.
  uint64_t descriptors = 0;
  std::optional<int32_t> override_sub_hdr_size;
  std::optional<PfnRange> part;

 private:
  void put(uint64_t offset, Bytes data) {
    bytes.resize(std::max<size_t>(bytes.size(), offset + data.size()));
    std::copy(data.begin(), data.end(), bytes.begin() + static_cast<ptrdiff_t>(offset));
  }

  void put_bitmap(uint64_t offset, const std::set<uint64_t>& pfns) {
    ByteVector bits(bits_blocks * kPage);
    for (const uint64_t pfn : pfns) bits.at(pfn / 8) |= std::byte(1 << (pfn % 8));
    put(offset, bits);
  }

  void put_pages() {
    uint64_t at = descriptors;
    std::set<uint64_t> here;
    for (const uint64_t pfn : dumpable)
      if (!part || part->contains(Pfn(pfn))) here.insert(pfn);
    uint64_t data = descriptors + here.size() * sizeof(diskdump::PageDesc<E>);
    for (const uint64_t pfn : here) {
      const auto told = desc.find(pfn);
      put(at, bytes_of(told != desc.end() ? told->second : put_page(pfn, data)));
      at += sizeof(diskdump::PageDesc<E>);
    }
  }

  diskdump::PageDesc<E> put_page(uint64_t pfn, uint64_t& data) {
    diskdump::PageDesc<E> page{};
    const auto found = pages.find(pfn);
    if (found == pages.end()) return page;
    const auto compressor = codec_row(codec).create();
    ByteVector stored(compressor->bound(kPage) + 1);
    const size_t size = compressor->compress(found->second, stored);
    stored.resize(size);
    if (size == 0) stored = found->second;
    page.offset = static_cast<int64_t>(data);
    page.size = static_cast<uint32_t>(stored.size());
    page.flags = size == 0 ? 0 : codec_row(codec).header_bit;
    put(data, stored);
    data += stored.size();
    return page;
  }

  ByteVector bytes;
};

}  // namespace kdump::test
