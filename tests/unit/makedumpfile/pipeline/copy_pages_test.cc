// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/copy_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "makedumpfile/format/kdump_writer.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using test::MemorySink;
using PageDesc = diskdump::PageDesc<Little>;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kPages = 2000;

// Pages of all kinds; every seventh is not dumped.
class CopyPagesTest : public testing::Test {
 protected:
  CopyPagesTest() : dumpable_({Pfn(0), Pfn(kPages)}) {
    std::mt19937 random(7);
    vmcore_.add_memory(0, kPages * kPage);
    for (uint64_t pfn = 0; pfn < kPages; ++pfn) {
      if (pfn % 7 != 0) dumpable_.set(Pfn(pfn));
      if (pfn % 5 == 0) continue;  // zero
      ByteVector page(kPage);
      const unsigned mask = pfn % 3 == 0 ? 0xff : 0x3;  // some do not shrink
      for (std::byte& byte : page) byte = static_cast<std::byte>(random() & mask);
      vmcore_.put(pfn * kPage, page);
    }
    parameters_.page_size = kPage;
    parameters_.max_pfn = Pfn(kPages);
    parameters_.notes = &vmcore_.notes();
  }

  // In one pass, or the pages that `first` says before the others.
  Result<CopyCounts> copy(CodecId codec, unsigned threads, MemorySink& sink, const WantPage& first = {}) {
    parameters_.codec = codec;
    KdumpWriter writer(sink, parameters_);
    TRY(writer.write_header());
    TRY(writer.write_bitmaps(Pfn(0), dumpable_.bytes(), dumpable_.bytes()));
    TRY(writer.begin_pages(dumpable_.count(), true));
    CopyCounts counts;
    const auto pass = [&](const WantPage& want) {
      bool given = false;
      const auto next = [&]() -> Result<const Bitmap*> {
        return std::exchange(given, true) ? nullptr : &dumpable_;
      };
      const EncoderSettings settings{&vmcore_, kPage, codec, true, &erased_};
      const auto progress = [this](uint64_t done) { progress_.push_back(done); };
      return copy_pages(settings, threads, next, want, writer, progress, counts);
    };
    TRY(pass(first));
    if (first) TRY(pass(std::not_fn(first)));
    TRY(writer.finish());
    return counts;
  }

  // The page as the dump has it.
  ByteVector page_in(const MemorySink& sink, uint64_t index, CodecId codec) const {
    const KdumpLayout layout(kPage, Pfn(kPages), vmcore_.notes().raw().size());
    const auto desc = sink.at<PageDesc>(layout.descriptors + index * sizeof(PageDesc));
    if (desc.offset == 0) return {};
    const Bytes stored = Bytes(sink.bytes).subspan(static_cast<size_t>(int64_t{desc.offset}), desc.size);
    ByteVector page(kPage);
    const CodecId id = desc.flags == 0 ? CodecId::none : codec;
    EXPECT_TRUE(codec_row(id).create()->decompress(stored, page));
    return page;
  }

  test::FakeVmcore vmcore_;
  Bitmap dumpable_;
  KdumpParameters parameters_;
  ErasedMemory erased_;
  std::vector<uint64_t> progress_;
};

// Pages 11 to 13, the first of which is dumped as number 9, and page 11 is no zero page.
TEST_F(CopyPagesTest, WhatIsErasedIsOverwrittenBeforeTheZeroTest) {
  ASSERT_TRUE(erased_.add({PhysAddr(11 * kPage), PhysAddr(12 * kPage)}, EraseFill::zero));
  ASSERT_TRUE(erased_.add({PhysAddr(12 * kPage + 4000), PhysAddr(13 * kPage + 8)}, EraseFill::poison));
  erased_.finish();
  for (const unsigned threads : {1U, 4U}) {
    MemorySink sink;
    const auto counts = copy(CodecId::zlib, threads, sink);
    ASSERT_TRUE(counts);
    EXPECT_EQ(page_in(sink, 9, CodecId::zlib), ByteVector(kPage));
    const ByteVector second = page_in(sink, 10, CodecId::zlib), third = page_in(sink, 11, CodecId::zlib);
    ByteVector memory(2 * kPage);
    ASSERT_TRUE(vmcore_.read(PhysAddr(12 * kPage), memory));
    std::ranges::fill(MutableBytes(memory).subspan(4000, 104), ErasedMemory::kPoison);
    EXPECT_TRUE(std::ranges::equal(Bytes(memory).first(kPage), second));
    EXPECT_TRUE(std::ranges::equal(Bytes(memory).subspan(kPage), third));
  }
}

TEST_F(CopyPagesTest, EveryPageComesBack) {
  for (const CodecRow& row : codec_rows()) {
    MemorySink sink;
    const auto counts = copy(row.id, 1, sink);
    ASSERT_TRUE(counts) << counts.error().message();
    EXPECT_EQ(counts->written, dumpable_.count());
    EXPECT_EQ(counts->lost, 0U);
    EXPECT_GT(counts->zero, 0U);
    uint64_t index = 0;
    for (Pfn pfn = dumpable_.next_set(Pfn(0)); pfn < Pfn(kPages); pfn = dumpable_.next_set(pfn + 1)) {
      ByteVector original(kPage);
      ASSERT_TRUE(vmcore_.read(PhysAddr(pfn.value() * kPage), original));
      ASSERT_EQ(page_in(sink, index++, row.id), original) << row.name << " pfn " << pfn.value();
    }
  }
}

TEST_F(CopyPagesTest, PagesThatComeFirstAreFoundWhereTheyBelong) {
  const WantPage first = [](Pfn pfn) { return pfn.value() % 50 >= 30 || pfn.value() % 9 == 0; };
  MemorySink plain;
  const auto expected = copy(CodecId::lzo, 1, plain);
  ASSERT_TRUE(expected);
  for (const unsigned threads : {1U, 3U}) {
    progress_.clear();
    MemorySink sink;
    const auto counts = copy(CodecId::lzo, threads, sink, first);
    ASSERT_TRUE(counts) << counts.error().message();
    EXPECT_EQ(counts->written, expected->written);
    EXPECT_EQ(counts->zero, expected->zero);
    EXPECT_TRUE(std::ranges::is_sorted(progress_));
    for (uint64_t index = 0; index < counts->written; ++index)
      ASSERT_EQ(page_in(sink, index, CodecId::lzo), page_in(plain, index, CodecId::lzo)) << index;
  }
}

TEST_F(CopyPagesTest, TheOutputIsTheSameForEveryNumberOfThreads) {
  for (const CodecRow& row : codec_rows()) {
    MemorySink one;
    ASSERT_TRUE(copy(row.id, 1, one));
    for (const unsigned threads : {2U, 3U, 8U}) {
      MemorySink many;
      ASSERT_TRUE(copy(row.id, threads, many));
      EXPECT_TRUE(many.bytes == one.bytes) << row.name << ", " << threads << " threads";
    }
  }
}

TEST_F(CopyPagesTest, AnUnreadablePageIsLostAlone) {
  for (const unsigned threads : {1U, 3U}) {
    MemorySink whole;
    ASSERT_TRUE(copy(CodecId::lzo, threads, whole));
    test::FakeVmcore intact = vmcore_;
    vmcore_.break_page(9 * kPage);
    vmcore_.break_page(10 * kPage);
    MemorySink sink;
    const auto counts = copy(CodecId::lzo, threads, sink);
    vmcore_ = intact;
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->lost, 2U);
    EXPECT_EQ(counts->written, dumpable_.count());
    // 0 and 7 are not dumped: page 9 has the eighth descriptor.
    for (uint64_t index = 0; index < counts->written; ++index) {
      const ByteVector page = page_in(sink, index, CodecId::lzo);
      if (index == 7 || index == 8) {
        EXPECT_TRUE(page.empty());
      } else {
        EXPECT_TRUE(page == page_in(whole, index, CodecId::lzo)) << index;
      }
    }
  }
}

TEST_F(CopyPagesTest, AFullTargetEndsTheCopyForEveryNumberOfThreads) {
  for (const unsigned threads : {1U, 2U, 8U}) {
    MemorySink sink;
    sink.capacity = 3 << 20;
    const auto counts = copy(CodecId::none, threads, sink);
    ASSERT_FALSE(counts);
    EXPECT_EQ(counts.error().kind(), ErrorKind::no_space);
  }
}

TEST_F(CopyPagesTest, AFailingBitmapEndsTheCopy) {
  MemorySink sink;
  KdumpWriter writer(sink, parameters_);
  ASSERT_TRUE(writer.write_header());
  ASSERT_TRUE(writer.begin_pages(dumpable_.count(), false));
  bool given = false;
  const auto next = [&]() -> Result<const Bitmap*> {
    if (std::exchange(given, true)) return fail("struct pages are gone");
    return &dumpable_;
  };
  const EncoderSettings settings{&vmcore_, kPage, CodecId::none, false};
  CopyCounts counts;
  const Status copied = copy_pages(settings, 4, next, {}, writer, [](uint64_t) {}, counts);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().message(), "struct pages are gone");
}

TEST_F(CopyPagesTest, ReportsProgressInOrder) {
  MemorySink sink;
  ASSERT_TRUE(copy(CodecId::snappy, 4, sink));
  EXPECT_TRUE(std::ranges::is_sorted(progress_));
  EXPECT_EQ(progress_.back(), dumpable_.count());
}

}  // namespace
}  // namespace kdump
