// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "common/file.h"
#include "common/layout/diskdump.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/sink/size_limit.h"
#include "makedumpfile/vmcore/kdump_headers.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using test::MemorySink;
using test::MemoryStream;
using ::testing::HasSubstr;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kPages = 600;

// A core of a machine that tells nothing of its kernel: every third page is zero, the others are their
// number, again and again.
class WriteDump : public ::testing::Test {
 protected:
  void SetUp() override {
    test::ElfCoreBuilder<> core;
    core.add(elf::PT_LOAD, kPage, 0, kPages * kPage);
    for (uint64_t pfn = 0; pfn < kPages; ++pfn) {
      const std::vector<uint64_t> page(kPage / sizeof(uint64_t), pfn % 3 == 0 ? 0 : pfn);
      core.put((1 + pfn) * kPage, std::as_bytes(std::span(page)));
    }
    const ByteVector bytes = core.build();
    request_.vmcore = directory_ + "/vmcore";
    ASSERT_TRUE(replace_file(request_.vmcore, bytes, 0600));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Status write() { return write_dump(request_, report_, observer_); }
  // What a reader finds in a plain dump.
  static KdumpHeaders header_of(const ByteVector& dump) {
    const auto headers = read_kdump_headers(test::MemorySource(dump, "dump"));
    EXPECT_TRUE(headers) << headers.error().message();
    return headers.value_or(KdumpHeaders{});
  }

  std::string directory_ = [] {
    std::string name = ::testing::TempDir() + "dump_test.XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    return name;
  }();
  DumpRequest request_;
  DumpReport report_;
  DumpObserver observer_;
};

TEST_F(WriteDump, TakesAPlaceOfTheCaller) {
  MemorySink sink;
  request_.destination = &sink;
  const Status written = write();
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_TRUE(sink.finished);
  EXPECT_EQ(report_.pages_written, kPages);
  EXPECT_EQ(report_.bytes_written, sink.bytes.size());
  const KdumpHeaders header = header_of(sink.bytes);
  EXPECT_EQ(header.max_pfn, Pfn(kPages));
  EXPECT_FALSE(header.incomplete());
}

TEST_F(WriteDump, WritesTheSameFlattenedIntoAStreamOfTheCaller) {
  MemorySink plain;
  request_.destination = &plain;
  ASSERT_TRUE(write());
  MemoryStream stream;
  request_.destination = nullptr;
  request_.destination_stream = &stream;
  const Status written = write();
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_TRUE(stream.finished);

  MemorySink rearranged;
  size_t position = 0;
  const auto read = [&](MutableBytes out) -> Result<size_t> {
    const size_t n = std::min(out.size(), stream.bytes.size() - position);
    std::copy_n(stream.bytes.begin() + static_cast<ptrdiff_t>(position), n, out.begin());
    position += n;
    return n;
  };
  ASSERT_TRUE(reassemble(read, "stream", rearranged));
  EXPECT_EQ(rearranged.bytes, plain.bytes);
}

// What the tables of the test's dump take, and its pages.
constexpr uint64_t kTables = 4 * kPage + kPages * 24;
constexpr uint64_t kNotZero = kPages - kPages / 3;

TEST_F(WriteDump, AFullTargetGetsASmallerDumpWhichIsASuccess) {
  MemorySink expected;
  request_.destination = &expected;
  request_.dump_level = 1;
  ASSERT_TRUE(write());

  MemorySink sink;
  sink.capacity = kTables + (kNotZero + 10) * kPage;
  request_.destination = &sink;
  request_.dump_level = 0;
  const Status written = write();
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(sink.restarts, 1);
  EXPECT_TRUE(sink.finished);
  EXPECT_EQ(sink.bytes, expected.bytes);
  EXPECT_TRUE(report_.target_full);
  EXPECT_EQ(report_.dump_level, 1);
  EXPECT_EQ(report_.requested_level, 0);
  EXPECT_EQ(report_.pages_written, kPages);
  EXPECT_EQ(report_.pages_missing, 0U);
  ASSERT_EQ(report_.reasons.size(), 1U);
  EXPECT_THAT(report_.reasons[0], HasSubstr("no space for a dump of level 0"));
  EXPECT_THAT(describe_self_check(report_), HasSubstr("dump level raised from 0 to 1"));
}

TEST_F(WriteDump, AListOfLevelsIsTriedInItsOrder) {
  MemorySink expected;
  request_.destination = &expected;
  request_.dump_level = 1;
  ASSERT_TRUE(write());

  MemorySink sink;
  sink.capacity = kTables + (kNotZero + 10) * kPage;
  request_.destination = &sink;
  request_.dump_level = 0;
  request_.next_levels = {0, 1};
  request_.smaller_if_full = false;
  const Status written = write();
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(sink.restarts, 2);
  EXPECT_EQ(sink.bytes, expected.bytes);
  EXPECT_EQ(report_.dump_level, 1);
  EXPECT_EQ(report_.reasons.size(), 2U);
}

TEST_F(WriteDump, ASizeLimitIsAFullTarget) {
  MemorySink sink;
  request_.destination = &sink;
  request_.size_limit = kTables + (kNotZero + 10) * kPage;
  ASSERT_TRUE(write());
  EXPECT_EQ(report_.dump_level, 1);
  EXPECT_LE(sink.bytes.size(), *request_.size_limit);

  MemoryStream stream;
  request_.destination = nullptr;
  request_.destination_stream = &stream;
  ASSERT_TRUE(write());
  EXPECT_EQ(report_.dump_level, 1);
  EXPECT_LE(stream.bytes.size(), *request_.size_limit);

  request_.size_limit = kTables;
  const Status refused = write();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::no_space);
  EXPECT_THAT(refused.error().message(), HasSubstr("-L"));
}

TEST_F(WriteDump, WhatDoesNotFitEitherIsMissingAndSaidToBe) {
  MemorySink sink;
  sink.capacity = kTables + kNotZero / 2 * kPage;
  request_.destination = &sink;
  const Status written = write();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::no_space);
  EXPECT_FALSE(sink.finished);
  EXPECT_FALSE(sink.discarded);
  EXPECT_TRUE(report_.target_full);
  EXPECT_TRUE(header_of(sink.bytes).incomplete());
  EXPECT_EQ(report_.pages_written + report_.pages_missing, kPages);
  uint64_t present = 0;
  for (uint64_t pfn = 0; pfn < kPages; ++pfn) {
    const auto desc = sink.at<diskdump::PageDesc<Little>>(4 * kPage + pfn * 24);
    if (desc.offset == 0) continue;
    ++present;
    ASSERT_LE(static_cast<uint64_t>(int64_t{desc.offset}) + desc.size, sink.bytes.size());
    EXPECT_EQ(sink.at<le64>(static_cast<uint64_t>(int64_t{desc.offset})), pfn % 3 == 0 ? 0 : pfn);
  }
  EXPECT_EQ(present, report_.pages_written);
  EXPECT_GT(present, kPages / 3);
}

TEST_F(WriteDump, NothingStaysWhereNotEvenTheTablesFit) {
  MemorySink sink;
  sink.capacity = kTables - 1;
  request_.destination = &sink;
  const Status written = write();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::no_space);
  EXPECT_TRUE(sink.discarded);
  EXPECT_EQ(report_.pages_written, 0U);
  EXPECT_EQ(report_.bytes_written, 0U);
}

TEST_F(WriteDump, AStreamThatCanBeWrittenAgainGetsASmallerDump) {
  MemoryStream expected;
  request_.destination_stream = &expected;
  request_.dump_level = 1;
  ASSERT_TRUE(write());

  MemoryStream stream;
  LimitedStream limited(stream, expected.bytes.size());
  request_.destination_stream = &limited;
  request_.dump_level = 0;
  const Status written = write();
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(stream.bytes, expected.bytes);
  EXPECT_TRUE(report_.target_full);
}

// Written once, and full at some point.
class Pipe : public Stream {
 public:
  Status write(Bytes data) override {
    if (size_ + data.size() > 500 * kPage) return fail_errno(ENOSPC, "server: write");
    size_ += data.size();
    return {};
  }
  Status finish() override {
    finished = true;
    return {};
  }

  bool finished = false;

 private:
  uint64_t size_ = 0;
};

TEST_F(WriteDump, AStreamThatIsWrittenOnceSaysWhyThereIsNoSmallerDump) {
  struct Notes : DumpObserver {
    void note(std::string_view text) override { all += text; }
    std::string all;
  } notes;
  Pipe pipe;
  request_.destination_stream = &pipe;
  const Status written = write_dump(request_, report_, notes);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::no_space);
  EXPECT_THAT(written.error().message(), HasSubstr("server: write"));
  EXPECT_THAT(notes.all, HasSubstr("written only once"));
  EXPECT_FALSE(pipe.finished);
  EXPECT_GT(report_.pages_missing, 0U);
}

TEST_F(WriteDump, AddressesThatNoMemoryHasAreAnError) {
  test::ElfCoreBuilder<> core;
  core.add(elf::PT_LOAD, kPage, uint64_t{1} << 62, kPage);
  core.put(kPage, ByteVector(kPage, std::byte{1}));
  const ByteVector bytes = core.build();
  ASSERT_TRUE(replace_file(request_.vmcore, bytes, 0600));
  MemorySink sink;
  request_.destination = &sink;
  const Status written = write();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::corrupt);
  EXPECT_THAT(written.error().message(), HasSubstr("4096 bytes of memory up to page 0x4000000000001"));
  EXPECT_TRUE(sink.bytes.empty());
}

// Refuses from a given write on; says what it leaves.
class BreakingSink : public MemorySink {
 public:
  explicit BreakingSink(size_t good) : good_(good) {}
  Status write_at(uint64_t offset, Bytes data) override {
    if (writes.size() >= good_) return fail_errno(EIO, "server: write");
    return MemorySink::write_at(offset, data);
  }
  [[nodiscard]] std::string remains() const override { return "server:/vmcore-incomplete"; }

 private:
  size_t good_;
};

TEST_F(WriteDump, APlaceThatFailsIsNotFinishedAndNamesWhatIsLeft) {
  BreakingSink sink(5);
  request_.destination = &sink;
  const Status written = write();
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("server: write"));
  EXPECT_THAT(written.error().message(), HasSubstr("server:/vmcore-incomplete"));
  EXPECT_EQ(report_.remains, "server:/vmcore-incomplete");
  EXPECT_FALSE(sink.finished);
  EXPECT_TRUE(header_of(sink.bytes).incomplete());
}

}  // namespace
}  // namespace kdump
