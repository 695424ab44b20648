// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "common/file.h"
#include "makedumpfile/format/kdump_header.h"
#include "makedumpfile/format/reassembler.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using test::MemorySink;
using test::MemoryStream;
using ::testing::HasSubstr;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kPages = 600;

// A core of a machine that tells nothing of its kernel: every page its number, again and again.
class WriteDump : public ::testing::Test {
 protected:
  void SetUp() override {
    test::ElfCoreBuilder<> core;
    core.add(elf::PT_LOAD, kPage, 0, kPages * kPage);
    for (uint64_t pfn = 0; pfn < kPages; ++pfn) {
      const std::vector<uint64_t> page(kPage / sizeof(uint64_t), pfn);
      core.put((1 + pfn) * kPage, std::as_bytes(std::span(page)));
    }
    const ByteVector bytes = core.build();
    request_.vmcore = directory_ + "/vmcore";
    ASSERT_TRUE(replace_file(request_.vmcore, bytes, 0600));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Status write() { return write_dump(request_, report_, observer_); }
  // What a reader finds in a plain dump.
  static KdumpHeaderFacts header_of(const ByteVector& dump) {
    const auto facts =
        read_kdump_header(Bytes(dump).first(std::min(dump.size(), kKdumpHeaderBytes)), dump.size(), "dump");
    EXPECT_TRUE(facts) << facts.error().message();
    return facts.value_or(KdumpHeaderFacts{});
  }

  std::string directory_ = [] {
    std::string name = ::testing::TempDir() + "dump_test.XXXXXX";
    return std::string(mkdtemp(name.data()));
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
  const KdumpHeaderFacts header = header_of(sink.bytes);
  EXPECT_EQ(header.max_pfn, Pfn(kPages));
  EXPECT_FALSE(header.incomplete);
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
  EXPECT_TRUE(header_of(sink.bytes).incomplete);
}

}  // namespace
}  // namespace kdump
