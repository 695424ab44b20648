// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/reassembler.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "common/layout/flattened.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using test::MemorySink;

class ReassemblerTest : public testing::Test {
 protected:
  ReassemblerTest() {
    std::memcpy(header_.signature, flattened::kSignature, sizeof header_.signature);
    header_.type = flattened::kType;
    header_.version = flattened::kVersion;
  }

  void start() {
    append(bytes_of(header_));
    stream_.resize(flattened::kStartBlockSize);
  }
  void record(int64_t offset, int64_t size, std::string_view data = {}) {
    flattened::RecordHeader header{};
    header.offset = offset;
    header.size = size;
    append(bytes_of(header));
    append(bytes_of(data));
  }
  void append(Bytes bytes) { stream_.insert(stream_.end(), bytes.begin(), bytes.end()); }

  Result<uint64_t> run() {
    size_t position = 0;
    const auto read = [&](MutableBytes out) -> Result<size_t> {
      const size_t n = std::min(out.size(), stream_.size() - position);
      if (n != 0) std::memcpy(out.data(), stream_.data() + position, n);
      position += n;
      return n;
    };
    return reassemble(read, "stream", sink_);
  }
  Result<FlattenedExtent> measure() {
    const auto read_at = [&](uint64_t offset, MutableBytes out) -> Result<size_t> {
      if (offset >= stream_.size()) return 0;
      const size_t n = std::min(out.size(), stream_.size() - offset);
      std::memcpy(out.data(), stream_.data() + offset, n);
      return n;
    };
    return measure_flattened(read_at, "stream");
  }
  std::string error() {
    const auto result = run();
    return result ? "" : result.error().message();
  }

  flattened::StartHeader header_{};
  ByteVector stream_;
  MemorySink sink_;
};

TEST_F(ReassemblerTest, PutsRecordsInTheirPlaces) {
  start();
  record(4, 3, "efg");
  record(0, 4, "abcd");
  record(-1, -1);
  EXPECT_EQ(run().value(), 7U);
  EXPECT_EQ(text_of(sink_.bytes), "abcdefg");
}

TEST_F(ReassemblerTest, TheLaterRecordWins) {
  start();
  record(0, 4, "abcd");
  record(1, 2, "XY");
  record(-1, -1);
  EXPECT_EQ(run().value(), 4U);
  EXPECT_EQ(text_of(sink_.bytes), "aXYd");
}

TEST_F(ReassemblerTest, IgnoresWhatFollowsTheEnd) {
  start();
  record(0, 1, "a");
  record(-1, -1);
  append(bytes_of(std::string_view("left over on a raw device")));
  EXPECT_EQ(run().value(), 1U);
}

TEST_F(ReassemblerTest, ATruncatedStreamEndsWithTheOffset) {
  start();
  record(0, 8, "abc");
  EXPECT_EQ(error(), "stream: offset 0x1010: record data: the stream ends after 3 of 8 bytes");
}

TEST_F(ReassemblerTest, AStreamWithoutEndRecordIsTruncated) {
  start();
  record(0, 3, "abc");
  EXPECT_EQ(error(), "stream: offset 0x1013: record header: the stream ends after 0 of 16 bytes");
}

TEST_F(ReassemblerTest, ZerosBehindACutAreNoRecords) {
  start();
  for (uint64_t i = 0; i < flattened::kMaxEmptyRecords; ++i) record(0, 0);
  record(0, 3, "abc");
  record(3, 0);
  record(-1, -1);
  EXPECT_EQ(error(), "");
  stream_.resize(stream_.size() - 32);
  for (uint64_t i = 0; i <= flattened::kMaxEmptyRecords; ++i) record(0, 0);
  EXPECT_NE(error().find("more than 4096 records without data"), std::string::npos) << error();
  EXPECT_FALSE(measure());
}

TEST_F(ReassemblerTest, RefusesImpossibleRecords) {
  const std::pair<int64_t, int64_t> impossible[] = {{-2, 4},
                                                    {4, -2},
                                                    {-1, 0},
                                                    {0, -1},
                                                    {std::numeric_limits<int64_t>::max(), 1},
                                                    {1, std::numeric_limits<int64_t>::max()}};
  for (const auto& [offset, size] : impossible) {
    stream_.clear();
    start();
    record(offset, size, "abcd");
    EXPECT_NE(error().find("impossible offset"), std::string::npos) << offset << ' ' << size;
  }
}

TEST_F(ReassemblerTest, RefusesAnotherFormat) {
  stream_.assign(8192, std::byte{'E'});
  EXPECT_NE(error().find("no flattened stream"), std::string::npos);
  stream_.clear();
  EXPECT_NE(error().find("ends after 0 of 32 bytes"), std::string::npos);
  stream_.clear();
  header_.version = 2;
  start();
  EXPECT_NE(error().find("version 2"), std::string::npos);
}

TEST_F(ReassemblerTest, PassesTheSinksErrorOn) {
  sink_.capacity = 2;
  start();
  record(0, 4, "abcd");
  const auto result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::no_space);
}

TEST_F(ReassemblerTest, MeasuresWithoutTheData) {
  start();
  record(4, 3, "efg");
  record(0, 4, "abcd");
  record(-1, -1);
  append(bytes_of(std::string_view("left over on a raw device")));
  const auto extent = measure();
  ASSERT_TRUE(extent) << extent.error().message();
  EXPECT_EQ(extent->file_bytes, 7U);
  EXPECT_EQ(extent->stream_bytes, 4096U + 3 * 16 + 7);
}

TEST_F(ReassemblerTest, AMeasuredStreamIsTruncatedToo) {
  start();
  record(0, 8, "abc");
  auto extent = measure();
  ASSERT_FALSE(extent);
  EXPECT_EQ(extent.error().message(),
            "stream: offset 0x1018: record header: the stream ends after 0 of 16 bytes");
  stream_.clear();
  start();
  record(0, std::numeric_limits<int64_t>::max(), "abc");
  extent = measure();
  ASSERT_FALSE(extent);
  EXPECT_NE(extent.error().message().find("impossible size"), std::string::npos);
}

}  // namespace
}  // namespace kdump
