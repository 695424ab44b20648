// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/kdump_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "common/layout/flattened.h"
#include "makedumpfile/filter/bitmap.h"
#include "makedumpfile/format/flattener.h"
#include "makedumpfile/format/reassembler.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using test::MemorySink;
using test::MemoryStream;
using PageDesc = diskdump::PageDesc<Little>;

constexpr uint64_t kPage = 4096;

class KdumpWriterTest : public testing::Test {
 protected:
  KdumpWriterTest() {
    vmcore_.add_note("CORE", 1, ByteVector(336));
    vmcore_.add_note("CORE", 1, ByteVector(336));
    vmcore_.add_vmcoreinfo("OSRELEASE=6.1.0\n");
    parameters_.page_size = kPage;
    parameters_.max_pfn = Pfn(kPages);
    parameters_.dump_level = 31;
    parameters_.codec = CodecId::zstd;
    parameters_.phys_base = 0x1000000;
    parameters_.crash_time = 1700000000;
    std::strcpy(parameters_.utsname.sysname, "Linux");
    std::strcpy(parameters_.utsname.machine, "x86_64");
    parameters_.notes = &vmcore_.notes();
  }

  // Pages 3 to 7 exist, 3, 4 and 6 are dumped: stored, zero, lost.
  Status write_small_dump(RandomAccess& sink) {
    KdumpWriter writer(sink, parameters_);
    return write_small_dump(writer);
  }
  static Status write_small_dump(KdumpWriter& writer) {
    Bitmap existing({Pfn(0), Pfn(kPages)});
    existing.set_range({Pfn(3), Pfn(8)});
    Bitmap dumpable({Pfn(0), Pfn(kPages)});
    for (const uint64_t pfn : {3U, 4U, 6U}) dumpable.set(Pfn(pfn));
    TRY(writer.write_header());
    TRY(writer.write_bitmaps(Pfn(0), existing.bytes(), dumpable.bytes()));
    TRY(writer.begin_pages(3, true));
    const StoredPage pages[] = {{5, 0x20, PageFate::stored}, {0, 0, PageFate::zero}, {0, 0, PageFate::lost}};
    TRY(writer.add({.pages = pages, .data = bytes_of(std::string_view("hello"))}));
    return writer.finish();
  }

  static constexpr uint64_t kPages = 100;
  // Header, one block of sub header and notes, one block for each bitmap.
  static constexpr uint64_t kDescriptors = 4 * kPage;
  static constexpr uint64_t kData = kDescriptors + 3 * 24;
  test::FakeVmcore vmcore_;
  KdumpParameters parameters_;
};

TEST_F(KdumpWriterTest, EraseInfoIsBehindTheNotes) {
  const std::string lines = std::string(kPage, 'x') + "erase a size 4\n";
  parameters_.erase_info = lines;
  MemorySink sink;
  ASSERT_TRUE(write_small_dump(sink));
  EXPECT_EQ(sink.at<le32>(432), 2U);  // sub_hdr_size
  const uint64_t offset = sink.at<le64>(kPage + 64);
  EXPECT_EQ(offset, kPage + 104 + vmcore_.notes().raw().size());
  EXPECT_EQ(sink.at<le64>(kPage + 72), lines.size());  // size_eraseinfo
  EXPECT_EQ(text_of(Bytes(sink.bytes).subspan(offset, lines.size())), lines);
  EXPECT_EQ(sink.at<PageDesc>(5 * kPage).size, 5U);
}

TEST_F(KdumpWriterTest, WritesEachFieldWhereTheFormatHasIt) {
  MemorySink sink;
  ASSERT_TRUE(write_small_dump(sink));
  EXPECT_TRUE(sink.finished);
  EXPECT_EQ(text_of(Bytes(sink.bytes).first(8)), "KDUMP   ");
  EXPECT_EQ(sink.at<le32>(8), 6U);  // header_version
  EXPECT_EQ(text_of(Bytes(sink.bytes).subspan(12, 6)), std::string_view("Linux\0", 6));
  EXPECT_EQ(text_of(Bytes(sink.bytes).subspan(12 + 4 * 65, 6)), "x86_64");
  EXPECT_EQ(sink.at<le64>(408), 1700000000U);         // timestamp.tv_sec
  EXPECT_EQ(sink.at<le32>(424), 0x20U);               // status: zstd, complete
  EXPECT_EQ(sink.at<le32>(428), kPage);               // block_size
  EXPECT_EQ(sink.at<le32>(432), 1U);                  // sub_hdr_size
  EXPECT_EQ(sink.at<le32>(436), 2U);                  // bitmap_blocks
  EXPECT_EQ(sink.at<le32>(440), kPages);              // max_mapnr
  EXPECT_EQ(sink.at<le32>(460), 2U);                  // nr_cpus
  EXPECT_EQ(sink.at<le64>(kPage), 0x1000000U);        // phys_base
  EXPECT_EQ(sink.at<le32>(kPage + 8), 31U);           // dump_level
  EXPECT_EQ(sink.at<le32>(kPage + 12), 0U);           // split
  EXPECT_EQ(sink.at<le64>(kPage + 48), kPage + 104);  // offset_note
  EXPECT_EQ(sink.at<le64>(kPage + 56), vmcore_.notes().raw().size());
  EXPECT_EQ(sink.at<le64>(kPage + 64), 0U);      // offset_eraseinfo
  EXPECT_EQ(sink.at<le64>(kPage + 96), kPages);  // max_mapnr_64
  const uint64_t vmcoreinfo = sink.at<le64>(kPage + 32);
  ASSERT_EQ(sink.at<le64>(kPage + 40), 16U);
  EXPECT_EQ(text_of(Bytes(sink.bytes).subspan(vmcoreinfo, 16)), "OSRELEASE=6.1.0\n");
}

TEST_F(KdumpWriterTest, WritesBitmapsDescriptorsAndData) {
  MemorySink sink;
  ASSERT_TRUE(write_small_dump(sink));
  EXPECT_EQ(sink.at<le64>(2 * kPage), 0xf8U);
  EXPECT_EQ(sink.at<le64>(3 * kPage), 0x58U);
  const auto stored = sink.at<PageDesc>(kDescriptors);
  EXPECT_EQ(stored.offset, int64_t{kData + kPage});
  EXPECT_EQ(stored.size, 5U);
  EXPECT_EQ(stored.flags, 0x20U);
  EXPECT_EQ(text_of(Bytes(sink.bytes).subspan(kData + kPage)), "hello");
  const auto zero = sink.at<PageDesc>(kDescriptors + 24);
  EXPECT_EQ(zero.offset, int64_t{kData});
  EXPECT_EQ(zero.size, kPage);
  EXPECT_EQ(zero.flags, 0U);
  EXPECT_TRUE(all_zero(Bytes(sink.bytes).subspan(kData, kPage)));
  const auto lost = sink.at<PageDesc>(kDescriptors + 48);
  EXPECT_EQ(lost.offset, 0);
  EXPECT_EQ(lost.size, 0U);
}

TEST_F(KdumpWriterTest, SaysIncompleteUntilItIsWhole) {
  MemorySink sink;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  EXPECT_EQ(sink.at<le32>(424), 0x28U);
}

TEST_F(KdumpWriterTest, WritesNoByteTwiceAndLeavesNoHoleInAStream) {
  MemoryStream stream;
  Flattener flattener(stream);
  ASSERT_TRUE(write_small_dump(flattener));
  EXPECT_TRUE(stream.finished);
  MemorySink direct;
  ASSERT_TRUE(write_small_dump(direct));

  std::vector<bool> written(direct.bytes.size());
  size_t position = flattened::kStartBlockSize;
  while (true) {
    flattened::RecordHeader record{};
    ASSERT_LE(position + sizeof record, stream.bytes.size());
    std::memcpy(&record, stream.bytes.data() + position, sizeof record);
    position += sizeof record;
    if (record.offset == flattened::kEndMark) break;
    for (int64_t i = record.offset; i < record.offset + record.size; ++i) {
      EXPECT_FALSE(written.at(static_cast<size_t>(i))) << i;
      written[static_cast<size_t>(i)] = true;
    }
    position += static_cast<size_t>(record.size);
  }
  EXPECT_EQ(position, stream.bytes.size());
  EXPECT_EQ(std::ranges::count(written, false), 0);
}

TEST_F(KdumpWriterTest, AStreamRearrangedIsTheFile) {
  MemoryStream stream;
  Flattener flattener(stream);
  ASSERT_TRUE(write_small_dump(flattener));
  MemorySink direct;
  ASSERT_TRUE(write_small_dump(direct));
  MemorySink back;
  size_t position = 0;
  const auto read = [&](MutableBytes out) -> Result<size_t> {
    const size_t n = std::min(out.size(), stream.bytes.size() - position);
    std::memcpy(out.data(), stream.bytes.data() + position, n);
    position += n;
    return n;
  };
  const auto size = reassemble(read, "stream", back);
  ASSERT_TRUE(size) << size.error().message();
  EXPECT_EQ(*size, direct.bytes.size());
  EXPECT_EQ(back.bytes, direct.bytes);
}

TEST_F(KdumpWriterTest, RefusesMoreOrFewerPagesThanAnnounced) {
  const StoredPage page{0, 0, PageFate::lost};
  MemorySink sink;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  ASSERT_TRUE(writer.begin_pages(2, false));
  ASSERT_TRUE(writer.add({.index = 0, .pages = {&page, 1}}));
  EXPECT_FALSE(writer.finish());
  EXPECT_FALSE(writer.add({.index = 2, .pages = {&page, 1}}));
  ASSERT_TRUE(writer.add({.index = 1, .pages = {&page, 1}}));
  EXPECT_FALSE(writer.add({.index = 1, .pages = {&page, 1}}));
}

// Writes pages of incompressible data until the sink is full; the number of pages asked for.
uint64_t fill_up(KdumpWriter& writer, uint64_t count) {
  ByteVector data(kPage, std::byte{0xa5});
  const StoredPage page{static_cast<uint32_t>(kPage), 0, PageFate::stored};
  for (uint64_t i = 0; i < count; ++i) {
    if (!writer.add({.index = i, .pages = {&page, 1}, .data = data})) return i;
  }
  return count;
}

TEST_F(KdumpWriterTest, AFullTargetKeepsTheDescriptorsOfWhatFits) {
  constexpr uint64_t kCount = 1000;
  MemorySink sink;
  sink.capacity = kDescriptors + kCount * sizeof(PageDesc) + 600 * kPage;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  ASSERT_TRUE(writer.begin_pages(kCount, false));
  ASSERT_LT(fill_up(writer, kCount), kCount);
  writer.abandon();
  EXPECT_FALSE(sink.finished);
  EXPECT_EQ(sink.at<le32>(424), 0x28U);  // zstd, incomplete
  uint64_t kept = 0;
  for (uint64_t i = 0; i < kCount; ++i) {
    const auto desc = sink.at<PageDesc>(kDescriptors + i * sizeof(PageDesc));
    if (desc.offset == 0) {
      EXPECT_EQ(desc.size, 0U);
      continue;
    }
    ++kept;
    const auto offset = static_cast<uint64_t>(int64_t{desc.offset});
    ASSERT_LE(offset + desc.size, sink.bytes.size());
    EXPECT_EQ(sink.bytes[offset], std::byte{0xa5});
  }
  // What a full target takes of the last piece counts too, but for the last 64 KiB.
  EXPECT_GE(kept, 600 - 17U);
  EXPECT_LE(kept, 600U);
}

// Takes everything and says with the next call what it refused, as a server does that gets writes ahead.
class LateSink : public MemorySink {
 public:
  Status write_at(uint64_t offset, Bytes data) override {
    Status before = settle();
    Status written = MemorySink::write_at(offset, data);
    if (!written) late_ = std::move(written);
    return before;
  }
  [[nodiscard]] bool answers_late() const override { return true; }
  [[nodiscard]] uint64_t settle_every() const override { return kEvery; }
  static constexpr uint64_t kEvery = uint64_t{4} << 20;
  Status settle() override { return std::exchange(late_, {}); }

 private:
  Status late_;
};

TEST_F(KdumpWriterTest, WhatWasRefusedLateHasNoDescriptor) {
  constexpr uint64_t kCount = 10000;
  LateSink sink;
  sink.capacity = kDescriptors + kCount * sizeof(PageDesc) + 5000 * kPage;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  ASSERT_TRUE(writer.begin_pages(kCount, false));
  ASSERT_LT(fill_up(writer, kCount), kCount);
  EXPECT_EQ(writer.abandon(), Leftover::incomplete);
  EXPECT_EQ(sink.at<le32>(424), 0x28U);  // zstd, incomplete
  uint64_t kept = 0;
  for (uint64_t i = 0; i < kCount; ++i) {
    const auto desc = sink.at<PageDesc>(kDescriptors + i * sizeof(PageDesc));
    if (desc.offset == 0) continue;
    ++kept;
    const auto offset = static_cast<uint64_t>(int64_t{desc.offset});
    ASSERT_LE(offset + desc.size, sink.bytes.size());
    EXPECT_EQ(sink.bytes[offset + kPage - 1], std::byte{0xa5});
  }
  EXPECT_EQ(kept, kCount - writer.pages_missing());
  EXPECT_GE(kept, 5000 - LateSink::kEvery / kPage - 512);
}

TEST_F(KdumpWriterTest, BeginsAgainAsIfNothingHadBeen) {
  MemorySink expected;
  ASSERT_TRUE(write_small_dump(expected));
  MemorySink sink;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  ASSERT_TRUE(writer.begin_pages(1000, false));
  ASSERT_EQ(fill_up(writer, 1000), 1000U);
  ASSERT_TRUE(writer.restart());
  EXPECT_EQ(writer.size(), 0U);
  ASSERT_TRUE(write_small_dump(writer));
  EXPECT_EQ(sink.bytes, expected.bytes);
}

TEST_F(KdumpWriterTest, DiscardsWhatHasNoPage) {
  MemorySink sink;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  EXPECT_EQ(writer.abandon(), Leftover::nothing);
  EXPECT_TRUE(sink.discarded);
}

TEST_F(KdumpWriterTest, AllocatesBeforeAnyData) {
  MemorySink sink;
  sink.capacity = kDescriptors + 10;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  const Status begun = writer.begin_pages(1, false);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().kind(), ErrorKind::no_space);
}

TEST_F(KdumpWriterTest, WritesDataInLargeAlignedPieces) {
  constexpr uint64_t kCount = 1000;
  MemorySink sink;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  ASSERT_TRUE(writer.begin_pages(kCount, false));
  const size_t before = sink.writes.size();
  ASSERT_EQ(fill_up(writer, kCount), kCount);
  ASSERT_TRUE(writer.finish());
  // 4 MB of data: a piece up to the first boundary, three whole ones.
  ASSERT_GE(sink.writes.size(), before + 4);
  for (size_t i = before; i < before + 3; ++i) {
    EXPECT_EQ((sink.writes[i].offset + sink.writes[i].size) % KdumpWriter::kChunkBytes, 0U);
  }
}

TEST(KdumpLayout, KeepsPlaceForLargeNotesAndBitmaps) {
  const KdumpLayout layout(kPage, Pfn(uint64_t{1} << 28), 100000);
  EXPECT_EQ(layout.sub_header_blocks, 25U);
  EXPECT_EQ(layout.bitmap_bytes, uint64_t{1} << 25);
  EXPECT_EQ(layout.bitmap1, 26 * kPage);
  EXPECT_EQ(layout.descriptors, 26 * kPage + (uint64_t{1} << 26));
}

}  // namespace
}  // namespace kdump
