// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "common/fd.h"
#include "common/layout/flattened.h"
#include "makedumpfile/vmcore/vmcore.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/kdump_builder.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

class OpenVmcore : public ::testing::Test {
 protected:
  OpenVmcore() {
    const UniqueFd fd(mkstemp(path_.data()));
    EXPECT_TRUE(fd.valid());
  }
  ~OpenVmcore() override { unlink(path_.c_str()); }

  Result<std::unique_ptr<Vmcore>> open(Bytes content) {
    const UniqueFd fd = *open_file(path_, O_WRONLY | O_TRUNC);
    EXPECT_TRUE(write_all(fd.get(), content));
    return open_vmcore(path_);
  }
  std::string complaint(std::string_view content) {
    const auto core = open(bytes_of(content));
    return core ? "no error" : core.error().message();
  }

  std::string path_ = ::testing::TempDir() + "vmcore.XXXXXX";
};

TEST_F(OpenVmcore, OpensAnElfCore) {
  test::ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x1000);
  builder.put(0x1000, ByteVector(0x1000, std::byte('a')));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ((*core)->name(), path_);
  char byte = 0;
  ASSERT_TRUE((*core)->read(PhysAddr(0x10123), mutable_bytes_of(byte)));
  EXPECT_EQ(byte, 'a');
}

// A core, its stream, and how each is given.
ByteVector little_core() {
  test::ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x1000);
  builder.put(0x1000, ByteVector(0x1000, std::byte('a')));
  return builder.build();
}

ByteVector stream_of(Bytes file) {
  flattened::StartHeader header;
  std::memcpy(header.signature, flattened::kSignature, sizeof header.signature);
  header.type = flattened::kType;
  header.version = flattened::kVersion;
  ByteVector stream(bytes_of(header).begin(), bytes_of(header).end());
  stream.resize(flattened::kStartBlockSize);
  const auto record = [&](int64_t offset, int64_t size, Bytes data) {
    flattened::RecordHeader header_of_record;
    header_of_record.offset = offset;
    header_of_record.size = size;
    stream.insert(stream.end(), bytes_of(header_of_record).begin(), bytes_of(header_of_record).end());
    stream.insert(stream.end(), data.begin(), data.end());
  };
  record(0, static_cast<int64_t>(file.size()), file);
  record(-1, -1, {});
  return stream;
}

TEST_F(OpenVmcore, OpensKdumpFilesAndStreamsOfEither) {
  test::KdumpBuilder<> builder;
  builder.add(16, 'a');
  for (const ByteVector& file : {builder.build(), stream_of(builder.build()), stream_of(little_core())}) {
    const auto core = open(file);
    ASSERT_TRUE(core) << core.error().message();
    char byte = 0;
    ASSERT_TRUE((*core)->read(PhysAddr(0x10123), mutable_bytes_of(byte)));
    EXPECT_EQ(byte, 'a');
  }
}

TEST_F(OpenVmcore, SendsPartsOfASplitDumpToBePutTogether) {
  test::KdumpBuilder<> builder;
  builder.add(16, 'a');
  builder.split(0, 32);
  const auto part = open(builder.build());
  ASSERT_FALSE(part);
  EXPECT_THAT(part.error().message(), HasSubstr("holds pages 0x0 to 0x20 of a split dump"));
}

TEST_F(OpenVmcore, NamesFormatsThatItDoesNotRead) {
  EXPECT_THAT(complaint("DISKDUMP and more"), HasSubstr("diskdump"));
  EXPECT_THAT(complaint("plain text, long enough"), HasSubstr("no dump"));
  EXPECT_THAT(complaint(""), HasSubstr("no dump"));
  const auto twice = open(stream_of(stream_of(little_core())));
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message(), HasSubstr("stream of a flattened stream"));
}

// A pipe is read to its end, whatever comes through it, and leaves no file behind.
TEST_F(OpenVmcore, TakesPipes) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  std::jthread writer(
      [fd = UniqueFd(ends[1])] { EXPECT_TRUE(write_all(fd.get(), stream_of(little_core()))); });
  const UniqueFd reader(ends[0]);
  const std::string directory = ::testing::TempDir();
  const auto core = open_vmcore(fmt::format("/dev/fd/{}", reader.get()), {.work_dir = directory});
  ASSERT_TRUE(core) << core.error().message();
  char byte = 0;
  ASSERT_TRUE((*core)->read(PhysAddr(0x10fff), mutable_bytes_of(byte)));
  EXPECT_EQ(byte, 'a');
}

TEST_F(OpenVmcore, SaysWhereAPipeCannotBeKept) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  const auto core = open_vmcore(fmt::format("/dev/fd/{}", reader.get()), {.work_dir = path_ + "-absent"});
  ASSERT_FALSE(core);
  EXPECT_THAT(core.error().message(), HasSubstr(path_ + "-absent"));
}

TEST_F(OpenVmcore, NeedsAFileOrAPipe) {
  const auto directory = open_vmcore("/");
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message(), HasSubstr("no file, pipe or block device"));
  const auto absent = open_vmcore(path_ + "-absent");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().errno_value(), ENOENT);
}

}  // namespace
}  // namespace kdump
