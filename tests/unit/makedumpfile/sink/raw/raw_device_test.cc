// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/raw/raw_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "common/file.h"
#include "common/layout/flattened.h"
#include "common/process.h"
#include "makedumpfile/format/flattener.h"
#include "makedumpfile/format/reassembler.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr uint64_t kBytes = uint64_t{8} << 20;
constexpr const char* kDirectory = "127.0.0.1-2026-11-21-03:00:07";

class RawDeviceTest : public testing::Test {
 protected:
  RawDeviceTest() {
    std::string name = (std::filesystem::temp_directory_path() / "raw-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    make(kBytes);
  }
  ~RawDeviceTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ / "device"; }
  void make(uint64_t bytes) const {
    std::ofstream(path()).close();
    std::filesystem::resize_file(path(), bytes);
  }
  void fill_with_noise() const {
    std::mt19937_64 random(7);
    ByteVector noise(kBytes);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    std::ofstream(path()).write(reinterpret_cast<const char*>(noise.data()), kBytes);
  }
  [[nodiscard]] RawDevice open() const {
    auto device = RawDevice::open(path());
    EXPECT_TRUE(device) << device.error().message();
    return std::move(*device);
  }
  static void ok(const Status& status) { ASSERT_TRUE(status) << status.error().message(); }

  // A stream whose records hold `content` a little at a time.
  static Status dump(RawDevice& device, std::string_view content) {
    const std::unique_ptr<Stream> stream = TRY(device.create_dump());
    Flattener place(*stream);
    constexpr size_t kStep = 100'000;
    for (size_t done = 0; done < content.size(); done += kStep)
      TRY(place.write_at(done, bytes_of(content.substr(done, kStep))));
    return place.finish();
  }
  [[nodiscard]] Result<std::string> recovered() const {
    std::ifstream file(path(), std::ios::binary);
    const auto read = [&](MutableBytes out) -> Result<size_t> {
      file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
      return static_cast<size_t>(file.gcount());
    };
    test::MemorySink sink;
    TRY(reassemble(read, "device", sink));
    return std::string(text_of(sink.bytes));
  }
  [[nodiscard]] static std::string text_in(const RawDevice& device, const RawAttachment& attachment) {
    const auto content = device.read(attachment, kBytes);
    return content ? std::string(text_of(*content)) : content.error().message();
  }

  std::filesystem::path folder_;
};

std::string some_text(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * i % 23);
  return text;
}

TEST_F(RawDeviceTest, ADumpIsAFlattenedStreamFromTheFirstByte) {
  fill_with_noise();
  RawDevice device = open();
  ok(device.begin(kDirectory));
  EXPECT_EQ(device.dump().value(), RawDump::none);
  const std::string content = some_text(3'000'001);
  ok(dump(device, content));
  EXPECT_EQ(device.dump().value(), RawDump::whole);
  EXPECT_EQ(recovered().value(), content);
}

TEST_F(RawDeviceTest, ADumpIsIncompleteUntilItIsFinished) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  {
    const auto stream = device.create_dump();
    ASSERT_TRUE(stream);
    Flattener place(**stream);
    const std::string text = some_text(2 << 20);
    ok(place.write_at(0, bytes_of(text)));
    EXPECT_EQ(device.dump().value(), RawDump::incomplete);
  }
  EXPECT_EQ(open().dump().value(), RawDump::incomplete);
  EXPECT_THAT(recovered().error().message(), HasSubstr("no makedumpfile signature"));
  ok(device.begin(kDirectory));  // it may go
  EXPECT_EQ(device.dump().value(), RawDump::none);
}

TEST_F(RawDeviceTest, AFullDeviceIsNoSpace) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  EXPECT_EQ(device.stream_limit(), kBytes / 16 * 15);
  const Status dumped = dump(device, some_text(kBytes));
  ASSERT_FALSE(dumped);
  EXPECT_EQ(dumped.error().kind(), ErrorKind::no_space);
  EXPECT_THAT(dumped.error().message(), HasSubstr("is full: 7.5 MiB of it can hold a dump"));
  EXPECT_EQ(device.dump().value(), RawDump::incomplete);
}

TEST_F(RawDeviceTest, AStreamThatDidNotFitIsWrittenAgain) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  const auto stream = device.create_dump();
  ASSERT_TRUE(stream);
  Flattener place(**stream);
  const std::string large = some_text(kBytes);
  EXPECT_EQ(place.write_at(0, bytes_of(large)).error().kind(), ErrorKind::no_space);
  ok(place.restart());
  ok(place.write_at(0, bytes_of(std::string_view("smaller"))));
  ok(place.finish());
  EXPECT_EQ(recovered().value(), "smaller");
}

TEST_F(RawDeviceTest, AStreamMayTakeTheLastBlockBeforeTheAttachments) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  ok(device.put_attachment("a", bytes_of(std::string_view("log"))));
  const auto stream = device.create_dump();
  ASSERT_TRUE(stream);
  const std::string all = some_text(device.stream_limit());
  ok((*stream)->write(bytes_of(all)));
  EXPECT_EQ((*stream)->write(bytes_of(std::string_view("x"))).error().kind(), ErrorKind::no_space);
  ok((*stream)->finish());
  ASSERT_THAT(device.attachments().value(), SizeIs(1));
  EXPECT_EQ(text_in(device, device.attachments()->front()), "log");
}

TEST_F(RawDeviceTest, AttachmentsAreReadBack) {
  fill_with_noise();
  {
    RawDevice device = open();
    ok(device.begin(kDirectory));
    ok(device.put_attachment("vmcore-dmesg.txt", bytes_of(std::string_view("panic"))));
    ok(dump(device, "dump"));
  }
  RawDevice device = open();
  ok(device.resume(kDirectory));
  const std::string block = some_text(4096);
  ok(device.put_attachment("kexec-dmesg.log", bytes_of(block)));
  ok(device.put_attachment("empty", {}));
  const auto found = open().attachments();
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(3));
  EXPECT_EQ((*found)[0].directory, kDirectory);
  EXPECT_EQ((*found)[0].name, "vmcore-dmesg.txt");
  EXPECT_EQ(text_in(device, (*found)[0]), "panic");
  EXPECT_EQ(text_in(device, (*found)[1]), block);
  EXPECT_EQ((*found)[2].name, "empty");
  EXPECT_EQ(text_in(device, (*found)[2]), "");
  EXPECT_EQ(recovered().value(), "dump");
}

TEST_F(RawDeviceTest, AttachmentsOfAnotherCrashAreNotThere) {
  RawDevice device = open();
  ok(device.begin("127.0.0.1-2026-11-20-00:00:00"));
  const std::string block = some_text(4096);
  for (const char* name : {"one", "two", "three"}) ok(device.put_attachment(name, bytes_of(block)));
  ok(device.begin(kDirectory));
  EXPECT_THAT(device.attachments().value(), SizeIs(0));
  ok(device.put_attachment("one", bytes_of(block)));
  ASSERT_THAT(device.attachments().value(), SizeIs(1));
  EXPECT_EQ(device.attachments()->front().directory, kDirectory);
}

TEST_F(RawDeviceTest, AnUnfinishedAttachmentIsNotThere) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  ok(device.put_attachment("one", bytes_of(std::string_view("1"))));
  {
    const auto file = device.create_attachment("two");
    ASSERT_TRUE(file);
    ok((*file)->write(bytes_of(std::string_view("2"))));
  }
  EXPECT_THAT(device.attachments().value(), SizeIs(1));
}

TEST_F(RawDeviceTest, ADamagedAttachmentIsTold) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  ok(device.put_attachment("log", bytes_of(std::string_view("panic"))));
  const RawAttachment log = device.attachments()->front();
  ok(pwrite_all(device.fd(), bytes_of(std::string_view("x")), log.offset + 2));
  EXPECT_THAT(text_in(device, log), HasSubstr("log is damaged"));
  // A header that is damaged ends them.
  ok(pwrite_all(device.fd(), bytes_of(std::string_view("x")), log.offset - 4096 + 20));
  EXPECT_THAT(device.attachments().value(), SizeIs(0));
}

TEST_F(RawDeviceTest, AttachmentsEndWithTheDevice) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  const std::string rest = some_text(kBytes / 16 - 4096);
  ok(device.put_attachment("all", bytes_of(rest)));
  EXPECT_EQ(text_in(device, device.attachments()->front()), rest);
  const Status more = device.put_attachment("more", {});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind(), ErrorKind::no_space);
  ok(device.begin(kDirectory));
  const Status larger = device.put_attachment("larger", bytes_of(rest + "."));
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().kind(), ErrorKind::no_space);
}

TEST_F(RawDeviceTest, ForgettingLeavesNothingToFind) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  ok(device.put_attachment("log", bytes_of(std::string_view("panic"))));
  ok(dump(device, "dump"));
  ok(device.forget());
  EXPECT_EQ(device.dump().value(), RawDump::none);
  EXPECT_THAT(device.attachments().value(), SizeIs(0));
  ByteVector block(4096);
  ok(pread_exact(device.fd(), block, 0));
  EXPECT_TRUE(all_zero(block));
}

TEST_F(RawDeviceTest, AWholeDumpIsNotOverwritten) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  ok(dump(device, "first"));
  const Status again = device.begin("127.0.0.1-2026-11-21-04:00:00");
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("holds a dump that was not taken from it yet"));
  ok(device.resume(kDirectory));
  EXPECT_FALSE(device.create_dump());
  EXPECT_EQ(recovered().value(), "first");
}

TEST_F(RawDeviceTest, AFilesystemIsNotOverwritten) {
  const auto made =
      run_captured({"/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", path()}, std::chrono::seconds(60));
  ASSERT_TRUE(made && made->exit.succeeded());
  const std::string before = read_text_file(path()).value();
  RawDevice device = open();
  for (const Status& status : {device.begin(kDirectory), device.resume(kDirectory)}) {
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message(), HasSubstr("holds ext4, which a raw dump would destroy"));
  }
  EXPECT_TRUE(read_text_file(path()).value() == before);
}

TEST_F(RawDeviceTest, APartitionTableIsNotOverwritten) {
  RawDevice device = open();
  // A table with one Linux partition from sector 2048 on.
  ByteVector sector(512);
  constexpr unsigned char kEntry[] = {0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0};
  std::memcpy(sector.data() + 446, kEntry, sizeof kEntry);
  sector[510] = std::byte{0x55};
  sector[511] = std::byte{0xaa};
  ok(pwrite_all(device.fd(), sector, 0));
  const Status begun = device.begin(kDirectory);
  ASSERT_FALSE(begun);
  EXPECT_THAT(begun.error().message(), HasSubstr("dos partition table"));
}

TEST_F(RawDeviceTest, RefusesWhatIsTooSmallOrNoDevice) {
  make(1 << 19);
  EXPECT_THAT(RawDevice::open(path()).error().message(), HasSubstr("needs at least 1.0 MiB"));
  EXPECT_THAT(RawDevice::open("/dev/null").error().message(), HasSubstr("is not a block device"));
  EXPECT_THAT(RawDevice::open(path() + "-").error().message(), HasSubstr("no such file"));
}

TEST_F(RawDeviceTest, RefusesNamesThatLeadElsewhere) {
  RawDevice device = open();
  ok(device.begin(kDirectory));
  for (const std::string name : {"", "../x", ".x", "a/b"})
    EXPECT_FALSE(device.put_attachment(name, {})) << name;
  EXPECT_FALSE(device.put_attachment(std::string(56, 'x'), {}));
}

}  // namespace
}  // namespace kdump
