// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/flattened_source.h"

#include <gmock/gmock.h>

#include "common/layout/flattened.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"

namespace kdump {
namespace {

using test::MemorySource;
using ::testing::HasSubstr;

class Stream {
 public:
  Stream() {
    flattened::StartHeader header;
    std::memcpy(header.signature, flattened::kSignature, sizeof header.signature);
    header.type = flattened::kType;
    header.version = flattened::kVersion;
    append(bytes_of(header));
    bytes.resize(flattened::kStartBlockSize);
  }
  Stream& record(int64_t offset, std::string_view data) {
    return header(offset, static_cast<int64_t>(data.size())).append(bytes_of(data));
  }
  Stream& header(int64_t offset, int64_t size) {
    flattened::RecordHeader record;
    record.offset = offset;
    record.size = size;
    return append(bytes_of(record));
  }
  Stream& end() { return header(-1, -1); }
  Stream& append(Bytes data) {
    bytes.insert(bytes.end(), data.begin(), data.end());
    return *this;
  }

  ByteVector bytes;
};

Result<std::unique_ptr<FlattenedSource>> index(const Stream& stream) {
  return FlattenedSource::index(std::make_unique<MemorySource>(stream.bytes, "stream"));
}

std::string content(const Stream& stream) {
  const auto source = index(stream);
  if (!source) return "error: " + source.error().message();
  std::string text((*source)->size(), '?');
  const Status read = (*source)->read(0, std::as_writable_bytes(std::span(text)));
  return read ? text : read.error().message();
}

TEST(FlattenedSource, PutsRecordsWhereTheyBelong) {
  Stream stream;
  stream.record(6, "ghi").record(0, "abc").record(3, "def").record(12, "m").end();
  EXPECT_EQ(content(stream), std::string("abcdefghi\0\0\0m", 13));
  const auto source = index(stream);
  std::string part(4, '?');
  ASSERT_TRUE((*source)->read(2, std::as_writable_bytes(std::span(part))));
  EXPECT_EQ(part, "cdef");
  EXPECT_THAT((*source)->read(12, std::as_writable_bytes(std::span(part))).error().message(),
              HasSubstr("stream: offset 0xd: the file in the stream ends at 0xd"));
}

TEST(FlattenedSource, LaterRecordsWin) {
  EXPECT_EQ(content(Stream().record(0, "aaaaaaaa").record(2, "bb").end()), "aabbaaaa");
  EXPECT_EQ(content(Stream().record(2, "bb").record(0, "aaaaaaaa").end()), "aaaaaaaa");
  EXPECT_EQ(content(Stream().record(0, "aaaa").record(2, "bbbb").record(1, "c").record(3, "dd").end()),
            "acbddb");
  EXPECT_EQ(content(Stream().record(0, "aa").record(0, "").record(0, "bb").end()), "bb");
}

// Of two kinds in turn, as descriptors and data come.
Stream many_records(int records) {
  Stream stream;
  for (int i = 0; i < records; ++i) {
    stream.record(2 * i, fmt::format("{:02}", i % 100));
    stream.record(10'000 + 3 * i, fmt::format("{:03}", i % 1000));
  }
  return stream;
}

std::string content_of_many(int records) {
  std::string text(10'000 + 3 * static_cast<size_t>(records), '\0');
  for (int i = 0; i < records; ++i) {
    text.replace(2 * static_cast<size_t>(i), 2, fmt::format("{:02}", i % 100));
    text.replace(10'000 + 3 * static_cast<size_t>(i), 3, fmt::format("{:03}", i % 1000));
  }
  return text;
}

TEST(FlattenedSource, FollowsRecordsThatContinueEachOther) {
  constexpr int kRecords = 1000;
  Stream stream = many_records(kRecords);
  const std::string expected = content_of_many(kRecords);
  EXPECT_EQ(content(stream.end()), expected);
  const auto source = index(stream);
  ASSERT_TRUE(source);
  for (const size_t at : {0U, 1U, 255U, 257U, 1023U, 1999U, 2500U, 9999U, 11234U}) {
    std::string part(700, '?');
    ASSERT_TRUE((*source)->read(at, std::as_writable_bytes(std::span(part))));
    EXPECT_EQ(part, expected.substr(at, part.size())) << at;
  }
}

TEST(FlattenedSource, LaterRecordsWinOverThoseThatContinueEachOther) {
  constexpr int kRecords = 300;
  Stream stream = many_records(kRecords);
  std::string expected = content_of_many(kRecords);
  stream.record(101, "xyz").record(10'800, "later").end();
  expected.replace(101, 3, "xyz").replace(10'800, 5, "later");
  EXPECT_EQ(content(stream), expected);
}

TEST(FlattenedSource, ALaterRunWinsThoughItBeganEarlier) {
  Stream stream;
  stream.record(10, "a").record(0, "bbbbbbbbb").record(10, "cccc").record(9, "d").record(11, "ee").end();
  EXPECT_EQ(content(stream), "bbbbbbbbbdceec");
}

TEST(FlattenedSource, RecordsInNoOrderAreTooManyAtSomePoint) {
  constexpr int kMost = 1 << 16;
  Stream stream;
  for (int i = 0; i < kMost; ++i) stream.record(3 * i, "x");
  Stream more = stream;
  EXPECT_TRUE(index(stream.end()));
  EXPECT_THAT(content(more.record(3 * kMost, "x").end()),
              HasSubstr("rearrange the stream first: makedumpfile -R DUMPFILE < STREAM"));
  Stream in_order;
  for (int i = 0; i < 10 * kMost; ++i) in_order.record(i, "x");
  EXPECT_EQ(content(in_order.end()), std::string(10 * kMost, 'x'));
}

TEST(FlattenedSource, WhatLiesBehindTheEndIsNoneOfIt) {
  EXPECT_EQ(content(Stream().record(0, "aa").end().record(0, "bb")), "aa");
}

TEST(FlattenedSource, ATruncatedStreamIsAnErrorThatNamesThePlace) {
  Stream stream;
  stream.record(0, "abc").end();
  const size_t whole = stream.bytes.size();
  for (size_t size = 16; size < whole; ++size) {
    stream.bytes.resize(whole);
    stream.bytes.resize(size);
    EXPECT_FALSE(index(stream)) << size;
  }
  Stream cut;
  EXPECT_THAT(content(cut.record(0, "abc")),
              HasSubstr("stream: offset 0x1013: record header: the stream ends at 0x1013"));
  Stream short_data;
  EXPECT_THAT(content(short_data.header(0, 100)), HasSubstr("offset 0x1000: record: 100 bytes of data"));
}

TEST(FlattenedSource, ZerosBehindACutAreNoRecords) {
  Stream stream;
  stream.record(0, "abc");
  stream.bytes.resize(stream.bytes.size() + (flattened::kMaxEmptyRecords + 1) * 16);
  stream.end();
  EXPECT_THAT(content(stream), HasSubstr("more than 4096 records without data"));
}

TEST(FlattenedSource, ImpossibleRecordsAreErrors) {
  EXPECT_THAT(content(Stream().header(-2, 5)), HasSubstr("impossible offset -2 and size 5"));
  EXPECT_THAT(content(Stream().header(INT64_MAX, 5)), HasSubstr("impossible"));
  EXPECT_THAT(content(Stream().header(5, -1)), HasSubstr("impossible"));
  Stream version;
  version.bytes[31] = std::byte{2};
  EXPECT_THAT(content(version.end()), HasSubstr("offset 0x10: type, version: 1 and 2"));
}

}  // namespace
}  // namespace kdump
