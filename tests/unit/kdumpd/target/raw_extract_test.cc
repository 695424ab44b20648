// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/raw_extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

#include "common/fd.h"
#include "common/file.h"
#include "common/layout/diskdump.h"
#include "kdumpd/target/raw_compare.h"
#include "makedumpfile/format/flattener.h"
#include "makedumpfile/sink/raw/raw_device.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kDevice = "/dev/vdb";
constexpr const char* kCrash = "127.0.0.1-2026-11-21-03:00:07";
constexpr uint64_t kBytes = uint64_t{8} << 20;

std::string some_text(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * i % 23);
  return text;
}

class RawExtractTest : public testing::Test {
 protected:
  RawExtractTest() { device_ = machine_.make_disk(kDevice, kBytes); }

  static void ok(const Status& status) { ASSERT_TRUE(status) << status.error().message(); }

  [[nodiscard]] RawDevice open() const { return std::move(*RawDevice::open(device_)); }
  void attach(RawDevice& device) const {
    ok(device.begin(kCrash));
    ok(device.put_attachment("vmcore-dmesg.txt", bytes_of(std::string_view("panic"))));
    ok(device.put_attachment("kdump-result.json", bytes_of(std::string_view("{}"))));
  }
  static void dump(RawDevice& device, std::string_view content) {
    const auto stream = device.create_dump();
    ASSERT_TRUE(stream) << stream.error().message();
    Flattener place(**stream);
    const size_t half = content.size() / 2;
    ok(place.write_at(half, bytes_of(content.substr(half))));
    ok(place.write_at(0, bytes_of(content.substr(0, half))));
    ok(place.finish());
  }
  void crash() const {
    RawDevice device = open();
    attach(device);
    dump(device, content_);
  }

  [[nodiscard]] Result<RawExtraction> extract() {
    return extract_raw(machine_.host(), kDevice, "/var/crash", log_.announce());
  }
  std::string error() {
    const auto taken = extract();
    return taken ? "" : taken.error().message();
  }
  [[nodiscard]] std::string text(const std::string& path) const {
    return read_text_file(machine_.at(path)).value_or("(not there)");
  }
  [[nodiscard]] std::vector<std::string> names(const std::string& path) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(machine_.at(path)))
      found.push_back(entry.path().filename());
    return found;
  }
  [[nodiscard]] std::string device_content() const { return read_text_file(device_).value(); }

  Machine machine_;
  std::string device_;
  std::string content_ = some_text(3'000'001);
  Log log_;
};

TEST_F(RawExtractTest, NothingIsTakenFromAnEmptyDevice) {
  const std::string before = device_content();
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(taken->directory, "");
  EXPECT_EQ(taken->warning, "");
  EXPECT_TRUE(device_content() == before);
  EXPECT_THAT(names("/var/crash"), IsEmpty());
}

TEST_F(RawExtractTest, ADumpBecomesADirectoryAndTheDeviceForgetsIt) {
  crash();
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  const std::string directory = std::string("/var/crash/") + kCrash;
  EXPECT_EQ(taken->directory, directory);
  EXPECT_EQ(taken->warning, "");
  EXPECT_THAT(names("/var/crash"), ElementsAre(kCrash));
  EXPECT_THAT(names(directory), UnorderedElementsAre("vmcore", "vmcore-dmesg.txt", "kdump-result.json"));
  EXPECT_TRUE(text(directory + "/vmcore") == content_);
  EXPECT_EQ(text(directory + "/vmcore-dmesg.txt"), "panic");
  struct stat info{};
  ASSERT_EQ(stat(machine_.at(directory).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  ASSERT_EQ(stat(machine_.at(directory + "/vmcore").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(open().dump().value(), RawDump::none);
  EXPECT_THAT(log_.lines,
              ElementsAre("info: raw /dev/vdb: taking the dump of a crash (2.9 MiB) into /var/crash"));
  EXPECT_EQ(extract()->directory, "");  // only once
}

TEST_F(RawExtractTest, AStreamOfAnotherProgramGetsADirectoryNamedNow) {
  {
    RawDevice device = open();
    ok(device.begin(kCrash));
    dump(device, content_);
  }
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_THAT(taken->directory, testing::StartsWith("/var/crash/127.0.0.1-20"));
  EXPECT_THAT(names(taken->directory), ElementsAre("vmcore"));
}

TEST_F(RawExtractTest, TheLogAloneIsTaken) {
  {
    RawDevice device = open();
    attach(device);
  }
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_THAT(names(taken->directory), UnorderedElementsAre("vmcore-dmesg.txt", "kdump-result.json"));
  EXPECT_EQ(taken->warning, "");
  EXPECT_EQ(extract()->directory, "");
}

TEST_F(RawExtractTest, AnIncompleteDumpStaysAndIsTold) {
  {
    RawDevice device = open();
    attach(device);
    const auto stream = device.create_dump();
    ASSERT_TRUE(stream);
  }
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_THAT(names(taken->directory), UnorderedElementsAre("vmcore-dmesg.txt", "kdump-result.json"));
  EXPECT_THAT(taken->warning, HasSubstr("the dump on it is not whole"));
  EXPECT_EQ(open().dump().value(), RawDump::incomplete);
  const auto again = extract();
  EXPECT_EQ(again->directory, "");
  EXPECT_THAT(again->warning, HasSubstr("the dump on it is not whole"));
}

TEST_F(RawExtractTest, ATruncatedStreamStaysAsItIs) {
  crash();
  {
    // Where the second record's header is: behind the start block, a header and half of the content.
    const std::string ones(16, '\x01');
    ok(pwrite_all(open().fd(), bytes_of(ones), 4096 + 16 + content_.size() - content_.size() / 2));
  }
  const std::string before = device_content();
  EXPECT_THAT(error(), HasSubstr("raw /dev/vdb: the dump on it is damaged"));
  EXPECT_TRUE(device_content() == before);
  EXPECT_THAT(names("/var/crash"), IsEmpty());
}

TEST_F(RawExtractTest, ALeftOverOfAnInterruptedStartIsReplaced) {
  crash();
  machine_.write(std::string("/var/crash/") + kCrash + "-incomplete/vmcore-incomplete", "half");
  machine_.write(std::string("/var/crash/") + kCrash + "-incomplete/other", "old");
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_THAT(names("/var/crash"), ElementsAre(kCrash));
  EXPECT_THAT(names(taken->directory),
              UnorderedElementsAre("vmcore", "vmcore-dmesg.txt", "kdump-result.json"));
}

TEST_F(RawExtractTest, WhatIsThereAlreadyIsNotTakenTwice) {
  crash();
  ASSERT_TRUE(extract());
  crash();  // the same bytes: as if the last start had ended before the device forgot them
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_THAT(names("/var/crash"), ElementsAre(kCrash));
  EXPECT_EQ(open().dump().value(), RawDump::none);
}

TEST_F(RawExtractTest, ADirectoryOfThatNameWithSomethingElseStays) {
  machine_.write(std::string("/var/crash/") + kCrash + "/vmcore", "another");
  crash();
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(taken->directory, std::string("/var/crash/") + kCrash + "-2");
  EXPECT_EQ(text(std::string("/var/crash/") + kCrash + "/vmcore"), "another");
}

TEST_F(RawExtractTest, TooLittleSpaceIsToldWithBothNumbers) {
  {
    // A sparse record far out: the file would be larger than any disk here.
    RawDevice device = open();
    attach(device);
    const auto stream = device.create_dump();
    ASSERT_TRUE(stream);
    Flattener place(**stream);
    ok(place.write_at(uint64_t{1} << 60, bytes_of(std::string_view("x"))));
    ok(place.finish());
  }
  const std::string before = device_content();
  const auto taken = extract();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind(), ErrorKind::no_space);
  EXPECT_THAT(taken.error().message(), HasSubstr("(1152921504607895560 bytes) in /var/crash, where "));
  EXPECT_TRUE(device_content() == before);
  EXPECT_THAT(names("/var/crash"), IsEmpty());
}

TEST_F(RawExtractTest, AMissingDirectoryIsTold) {
  crash();
  machine_.remove("/var/crash");
  EXPECT_THAT(error(), HasSubstr("cannot take it to /var/crash, create that"));
  EXPECT_EQ(open().dump().value(), RawDump::whole);
}

TEST_F(RawExtractTest, ADamagedLogDoesNotKeepTheDump) {
  crash();
  {
    const RawDevice device = open();
    ok(pwrite_all(device.fd(), bytes_of(std::string_view("x")), device.attachments()->front().offset));
  }
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_THAT(taken->warning, HasSubstr("vmcore-dmesg.txt is damaged"));
  EXPECT_EQ(text(taken->directory + "/vmcore-dmesg.txt.damaged"), "xanic");
  EXPECT_TRUE(text(taken->directory + "/vmcore") == content_);
}

TEST_F(RawExtractTest, ADumpThatContradictsItselfStays) {
  content_.replace(0, sizeof diskdump::kSignature, diskdump::kSignature, sizeof diskdump::kSignature);
  crash();
  const std::string before = device_content();
  EXPECT_THAT(error(), HasSubstr("raw /dev/vdb: "));
  EXPECT_TRUE(device_content() == before);
}

TEST_F(RawExtractTest, AFilesystemIsLeftAlone) {
  machine_.make_ext4(kDevice, kDumpsUuid, "dumps");
  const std::string before = device_content();
  const auto taken = extract();
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(taken->directory, "");
  EXPECT_TRUE(device_content() == before);
}

// The files beside an old dump, behind a filesystem that was made since.
TEST_F(RawExtractTest, AFilesystemWithOldAttachmentsBehindItIsLeftAlone) {
  {
    RawDevice device = open();
    attach(device);
  }
  const std::string beside = device_content().substr(kBytes / 16 * 15);
  machine_.make_ext4(kDevice, kDumpsUuid, "dumps");
  {
    // mke2fs may or may not come as far as that.
    const UniqueFd fd = std::move(*open_file(device_, O_RDWR));
    std::filesystem::resize_file(device_, kBytes);
    ok(pwrite_all(fd.get(), bytes_of(beside), kBytes / 16 * 15));
  }
  const std::string before = device_content();
  EXPECT_THAT(error(), HasSubstr("it holds ext4 and is left alone"));
  EXPECT_TRUE(device_content() == before);
}

TEST_F(RawExtractTest, ComparisonTakesTheLaterOfTwoWrites) {
  machine_.write("/file", "abXYef");
  const UniqueFd fd = std::move(*open_file(machine_.at("/file"), O_RDONLY));
  Comparison same(fd.get(), "file");
  ok(same.write_at(0, bytes_of(std::string_view("ab"))));
  ok(same.write_at(2, bytes_of(std::string_view("cd"))));
  ok(same.write_at(2, bytes_of(std::string_view("XY"))));
  ok(same.write_at(4, bytes_of(std::string_view("ef"))));
  ok(same.finish());
  Comparison other(fd.get(), "file");
  ok(other.write_at(2, bytes_of(std::string_view("XY"))));
  ok(other.write_at(2, bytes_of(std::string_view("cd"))));
  EXPECT_EQ(other.finish().error().message(), "file: offset 0x2: not the bytes that were written");
  EXPECT_FALSE(other.write_at(5, bytes_of(std::string_view("fg"))));
}

}  // namespace
}  // namespace kdump::service
