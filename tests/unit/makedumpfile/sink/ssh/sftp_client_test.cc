// SPDX-License-Identifier: GPL-2.0-or-later
// The SFTP client against servers that lie; the real ones are in tests/cli/net.
#include "makedumpfile/sink/ssh/sftp_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/endian.h"

namespace kdump {
namespace {

using testing::HasSubstr;

std::string u32(uint32_t value) { return std::string(text_of(bytes_of(be32(value)))); }
std::string u64(uint64_t value) { return std::string(text_of(bytes_of(be64(value)))); }
std::string field(std::string_view text) {
  return u32(static_cast<uint32_t>(text.size())) + std::string(text);
}
std::string packet(char type, const std::string& body) { return field(type + body); }
std::string status(uint32_t id, uint32_t code, std::string_view text = "") {
  return packet(101, u32(id) + u32(code) + field(text) + field(""));
}
const std::string kVersion = packet(2, u32(3));

// Says what it was given, whatever it is told.
class Script : public ByteChannel {
 public:
  explicit Script(std::string says) : says_(std::move(says)) {}

  Status write(Bytes data) override {
    heard += text_of(data);
    return {};
  }
  Result<size_t> read_available(MutableBytes out) override {
    const size_t count = std::min(out.size(), says_.size() - at_);
    std::ranges::copy(bytes_of(std::string_view(says_).substr(at_, count)), out.begin());
    at_ += count;
    return count;
  }
  Result<size_t> read_some(MutableBytes out) override { return read_available(out); }

  std::string heard;

 private:
  std::string says_;
  size_t at_ = 0;
};

struct Talk {
  explicit Talk(const std::string& says) {
    auto made = std::make_unique<Script>(says);
    script = made.get();
    auto started = SftpClient::start(std::move(made), "server");
    if (started)
      client = std::move(*started);
    else
      error = started.error();
  }

  Script* script = nullptr;
  std::unique_ptr<SftpClient> client;
  Error error{ErrorKind::failure, 0, "none"};
};

TEST(SftpClient, WhatDoesNotSpeakSftpIsUnsupported) {
  for (const std::string& says : {std::string(), std::string("This account is not available.\n"),
                                  packet(101, u32(0) + u32(4)), std::string("\0\0", 2)}) {
    const Talk talk(says);
    EXPECT_FALSE(talk.client);
    EXPECT_EQ(talk.error.kind(), ErrorKind::unsupported) << talk.error.message();
  }
}

TEST(SftpClient, WithoutExtensionsThePlainWaysAreTaken) {
  Talk talk(kVersion + packet(102, u32(1) + field("handle")) + status(2, 0) + status(3, 0));
  ASSERT_TRUE(talk.client);
  const auto file = talk.client->create("/dump");
  ASSERT_TRUE(file) << file.error().message();
  const auto synced = talk.client->sync(*file);
  ASSERT_TRUE(synced);
  EXPECT_FALSE(*synced);
  EXPECT_TRUE(talk.client->close(*file));
  EXPECT_TRUE(talk.client->rename("/a", "/b"));
  EXPECT_TRUE(talk.script->heard.ends_with(packet(18, u32(3) + field("/a") + field("/b"))));
  const auto free = talk.client->free_bytes("/");
  EXPECT_TRUE(free && !*free);
}

TEST(SftpClient, PosixRenameIsTakenWhereItIsOffered) {
  Talk talk(packet(2, u32(3) + field("posix-rename@openssh.com") + field("1")) + status(1, 0));
  ASSERT_TRUE(talk.client);
  EXPECT_TRUE(talk.client->rename("/a", "/b"));
  EXPECT_TRUE(talk.script->heard.ends_with(packet(
      static_cast<char>(200), u32(1) + field("posix-rename@openssh.com") + field("/a") + field("/b"))));
}

TEST(SftpClient, TheServersLimitsMakeWritesLarger) {
  const std::string limits = u64(262144) + u64(261120) + u64(50000) + u64(0);
  Talk talk(packet(2, u32(3) + field("limits@openssh.com") + field("1")) +
            packet(static_cast<char>(201), u32(1) + limits) + status(2, 0) + status(3, 0));
  ASSERT_TRUE(talk.client) << talk.error.message();
  ASSERT_TRUE(talk.client->write({"h", "/dump"}, 7, ByteVector(60000)));
  ASSERT_TRUE(talk.client->drain());
  EXPECT_TRUE(talk.script->heard.contains(u64(7) + u32(50000)));
  EXPECT_TRUE(talk.script->heard.contains(u64(50007) + u32(10000)));
}

TEST(SftpClient, ARefusedWriteIsToldOnceAndWithItsReason) {
  Talk talk(kVersion + status(1, 0) + status(2, 14, "no space") + status(3, 14, "no space"));
  ASSERT_TRUE(talk.client);
  Status written = talk.client->write({"h", "/dump"}, 0, ByteVector(3 * 32768));
  if (written) written = talk.client->drain();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::no_space);
  EXPECT_THAT(written.error().message(), HasSubstr("cannot write /dump"));
  EXPECT_TRUE(talk.client->drain());
}

TEST(SftpClient, ForeignAnswersAreErrors) {
  for (const std::string& says : {
           status(77, 0),                              // to something never asked
           packet(102, u32(1)),                        // a handle without a handle
           packet(102, u32(1) + u32(1000) + "short"),  // longer than it is
           packet(105, u32(1) + u32(0)),               // attributes instead of a handle
           status(1, 0),                               // done, and no handle
           u32(0x40000000) + "x",                      // a gigabyte
           u32(1) + "x",                               // too short for an id
           std::string(),                              // the end
       }) {
    Talk talk(kVersion + says);
    ASSERT_TRUE(talk.client);
    EXPECT_FALSE(talk.client->create("/dump"));
  }
}

TEST(SftpClient, AFileIsReadToItsEnd) {
  Talk talk(kVersion + packet(103, u32(1) + field("hel")) + packet(103, u32(2) + field("lo")) + status(3, 1));
  ASSERT_TRUE(talk.client);
  const auto content = talk.client->read({"h", "/x"}, 100);
  ASSERT_TRUE(content) << content.error().message();
  EXPECT_EQ(text_of(*content), "hello");
}

}  // namespace
}  // namespace kdump
