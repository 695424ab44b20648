// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/codec/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "common/layout/diskdump.h"

namespace kdump {
namespace {

constexpr size_t kPage = 4096;

ByteVector text_page(size_t size) {
  ByteVector page(size);
  const std::string_view words = "task_struct mm_struct dentry inode 0xffff888000000000 ";
  for (size_t i = 0; i < size; ++i) page[i] = static_cast<std::byte>(words[(i * 7 + i / 97) % words.size()]);
  return page;
}

ByteVector random_page(size_t size) {
  std::mt19937 random(42);
  ByteVector page(size);
  for (std::byte& byte : page) byte = static_cast<std::byte>(random());
  return page;
}

class EveryCodec : public testing::TestWithParam<CodecRow> {
 protected:
  std::unique_ptr<Codec> codec_ = GetParam().create();

  // The stored form, empty when the page is to be stored raw.
  ByteVector compressed(Bytes page) {
    ByteVector out(std::max(codec_->bound(page.size()), page.size()));
    out.resize(codec_->compress(page, out));
    return out;
  }
};

TEST_P(EveryCodec, GivesBackWhatItCompressed) {
  for (const size_t size : {kPage, 4 * kPage, 16 * kPage}) {
    const ByteVector page = text_page(size);
    const ByteVector stored = compressed(page);
    if (GetParam().id == CodecId::none) {
      EXPECT_TRUE(stored.empty());
      continue;
    }
    ASSERT_FALSE(stored.empty());
    EXPECT_LT(stored.size(), size);
    ByteVector back(size);
    ASSERT_TRUE(codec_->decompress(stored, back));
    EXPECT_EQ(back, page);
  }
}

TEST_P(EveryCodec, LeavesAPageRawThatDoesNotShrink) { EXPECT_TRUE(compressed(random_page(kPage)).empty()); }

TEST_P(EveryCodec, CanBeUsedForOnePageAfterAnother) {
  const ByteVector first = compressed(text_page(kPage));
  compressed(random_page(kPage));
  EXPECT_EQ(compressed(text_page(kPage)), first);
}

TEST_P(EveryCodec, RefusesDamagedData) {
  ByteVector back(kPage);
  EXPECT_FALSE(codec_->decompress({}, back));
  ByteVector stored = compressed(text_page(kPage));
  if (stored.empty()) return;
  EXPECT_FALSE(codec_->decompress(Bytes(stored).first(stored.size() / 2), back));
  std::ranges::fill(stored, std::byte{0xff});
  EXPECT_FALSE(codec_->decompress(stored, back));
}

TEST_P(EveryCodec, RefusesDataOfAnotherSize) {
  const ByteVector stored = compressed(text_page(kPage));
  if (stored.empty()) return;
  ByteVector smaller(kPage / 2);
  ByteVector larger(2 * kPage);
  EXPECT_FALSE(codec_->decompress(stored, smaller));
  EXPECT_FALSE(codec_->decompress(stored, larger));
}

INSTANTIATE_TEST_SUITE_P(Codec, EveryCodec, testing::ValuesIn(codec_rows().begin(), codec_rows().end()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(CodecRegistry, FindsRowsByIdAndFlags) {
  for (const CodecRow& row : codec_rows()) {
    EXPECT_EQ(&codec_row(row.id), &row);
    EXPECT_EQ(codec_of_flags(row.header_bit), &row);
  }
  EXPECT_EQ(codec_of_flags(diskdump::DUMP_DH_COMPRESSED_INCOMPLETE), nullptr);
}

TEST(CodecRegistry, HasTheBitsAndLettersOfTheFormat) {
  EXPECT_EQ(codec_row(CodecId::zlib).header_bit, 1U);
  EXPECT_EQ(codec_row(CodecId::lzo).header_bit, 2U);
  EXPECT_EQ(codec_row(CodecId::snappy).header_bit, 4U);
  EXPECT_EQ(codec_row(CodecId::zstd).header_bit, 0x20U);
  EXPECT_EQ(codec_row(CodecId::zlib).option, 'c');
  EXPECT_EQ(codec_row(CodecId::zstd).option, 'z');
}

}  // namespace
}  // namespace kdump
