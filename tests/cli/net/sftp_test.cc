// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps over SFTP to a real OpenSSH server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "makedumpfile/sink/sftp_directory.h"
#include "tests/cli/net/ssh_lab.h"

namespace kdump {
namespace {

using testing::HasSubstr;
using namespace test;

constexpr uint64_t kPages = 5000;  // 20 MB
constexpr uint64_t kHalf = kPages / 2 * 4096;

struct Connected {
  explicit Connected(const SshTarget& target, const std::string& parent,
                     const std::string& name = "host-date") {
    auto connected = SshSession::connect(target);
    if (!connected) {
      ADD_FAILURE() << connected.error().message();
      return;
    }
    session = std::move(*connected);
    auto opened = open_sftp_directory(*session, parent, name);
    if (opened)
      directory = std::move(*opened);
    else
      error = opened.error().message();
  }

  std::unique_ptr<SshSession> session;
  std::unique_ptr<RemoteDirectory> directory;
  std::string error;
};

// A dump with something happening at half of it; the error.
Error dump_with(const SshLab& lab, std::function<void()> at_half) {
  Connected to(lab.target(), lab.dumps());
  auto file = to.directory->create("vmcore");
  EXPECT_TRUE(file);
  Trap trap(**file, kHalf, std::move(at_half));
  const Status status = write_dump(trap, kPages);
  EXPECT_FALSE(status) << "the dump went through";
  EXPECT_FALSE(exists(to.directory->path() + "/vmcore"));
  return status ? Error(ErrorKind::failure, 0, "none") : status.error();
}

TEST(Sftp, ADumpArrivesAsItIs) {
  const SshLab lab;
  Connected to(lab.target(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error;
  EXPECT_EQ(to.directory->path(), lab.dumps() + "/host-date");
  EXPECT_EQ(mode_of(to.directory->path()), 0700U);
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file) << file.error().message();
  const Status status = write_dump(**file, kPages);
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(read_text(to.directory->path() + "/vmcore") == text_of(dump_bytes(kPages)));
  EXPECT_EQ(mode_of(to.directory->path() + "/vmcore"), 0600U);
  EXPECT_FALSE(exists(to.directory->path() + "/vmcore-incomplete"));
}

TEST(Sftp, WorksWhereTheServerForcesInternalSftp) {
  const SshLab lab("Subsystem sftp internal-sftp\nForceCommand internal-sftp\n");
  Connected to(lab.target(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_TRUE(write_dump(**file, kPages));
  EXPECT_TRUE(read_text(to.directory->path() + "/vmcore") == text_of(dump_bytes(kPages)));
}

TEST(Sftp, WritesAnywhereInAnyOrder) {
  const SshLab lab;
  Connected to(lab.target(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  ByteVector expected(4 << 20);
  // Overlapping pieces of all sizes, the later one wins.
  for (uint32_t i = 0; i < 400; ++i) {
    const ByteVector piece = noise(4 * (1 + i * 977 % 60000), i);
    const size_t offset = (i * size_t{7919} * 1013) % (expected.size() - piece.size());
    std::ranges::copy(piece, expected.begin() + static_cast<ptrdiff_t>(offset));
    ASSERT_TRUE((*file)->write_at(offset, piece));
  }
  ASSERT_TRUE((*file)->write_at(expected.size() - 1, bytes_of(std::string_view("!"))));
  expected.back() = std::byte{'!'};
  ASSERT_TRUE((*file)->finish());
  EXPECT_TRUE(read_text(to.directory->path() + "/vmcore") == text_of(expected));
}

TEST(Sftp, ALongDumpSurvivesTheServersKeyExchanges) {
  const SshLab lab("RekeyLimit 1M\nLogLevel DEBUG1\n");
  Connected to(lab.target(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  const Status status = write_dump(**file, kPages);
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(read_text(to.directory->path() + "/vmcore") == text_of(dump_bytes(kPages)));
  const std::string log = read_text(lab.folder() / "log");
  int exchanges = 0;
  for (size_t at = 0; (at = log.find("SSH2_MSG_KEXINIT sent", at)) != std::string::npos; ++at) ++exchanges;
  EXPECT_GT(exchanges, 3);
}

TEST(Sftp, ATakenNameGetsANumber) {
  const SshLab lab;
  const Connected first(lab.target(), lab.dumps());
  const Connected second(lab.target(), lab.dumps());
  ASSERT_TRUE(second.directory) << second.error;
  EXPECT_EQ(second.directory->path(), lab.dumps() + "/host-date-2");
  EXPECT_TRUE(exists(second.directory->path()));
}

TEST(Sftp, ParentsAreMade) {
  const SshLab lab;
  const Connected to(lab.target(), lab.dumps() + "/a/b/c");
  ASSERT_TRUE(to.directory) << to.error;
  EXPECT_TRUE(exists(lab.dumps() + "/a/b/c/host-date"));
}

TEST(Sftp, ALeftoverOfAnEarlierAttemptIsReplaced) {
  const SshLab lab;
  Connected to(lab.target(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error;
  write_text(to.directory->path() + "/log-incomplete", "something longer that must go");
  ASSERT_TRUE(put_file(*to.directory, "log", bytes_of(std::string_view("short"))));
  EXPECT_EQ(read_text(to.directory->path() + "/log"), "short");
}

TEST(Sftp, ProvesThatADumpCanBeSaved) {
  const SshLab lab;
  Connected to(lab.target(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error;
  const Status status = prove(*to.directory);
  EXPECT_TRUE(status) << status.error().message();
  const auto free = to.directory->free_bytes();
  ASSERT_TRUE(free && *free);
  EXPECT_GT(**free, 0U);
  EXPECT_TRUE(to.directory->remove_itself());
  EXPECT_FALSE(exists(lab.dumps() + "/host-date"));
}

TEST(Sftp, AServerWithoutSftpIsToldApart) {
  const SshLab lab("Subsystem none /bin/true\n");
  auto session = SshSession::connect(lab.target());
  ASSERT_TRUE(session);
  const auto opened = open_sftp_directory(**session, lab.dumps(), "name");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::unsupported);
}

TEST(Sftp, AServerWhoseSftpCannotStartIsToldApart) {
  const SshLab lab("Subsystem sftp /nonexistent\n");
  auto session = SshSession::connect(lab.target());
  ASSERT_TRUE(session);
  const auto opened = open_sftp_directory(**session, lab.dumps(), "name");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::unsupported) << opened.error().message();
}

TEST(Sftp, AFullDiskIsNoSpace) {
  const SshLab lab;
  mount_tmpfs(lab.folder() / "full", 8 << 20);
  Connected to(lab.target(), lab.folder() / "full");
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  const Status status = write_dump(**file, kPages);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space) << status.error().message();
  EXPECT_THAT((*file)->remains(), HasSubstr("vmcore-incomplete"));
}

TEST(Sftp, AFullDiskTakesASmallerDumpInPlaceOfTheOneThatDidNotFit) {
  const SshLab lab;
  mount_tmpfs(lab.folder() / "full", 8 << 20);
  Connected to(lab.target(), lab.folder() / "full");
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  ASSERT_FALSE(write_dump(**file, kPages));
  const Status again = (*file)->restart();
  ASSERT_TRUE(again) << again.error().message();
  const Status status = write_dump(**file, 1500);
  ASSERT_TRUE(status) << status.error().message();
  const std::string content = read_text(to.directory->path() + "/vmcore");
  EXPECT_TRUE(std::ranges::equal(bytes_of(std::string_view(content)), dump_bytes(1500)));
}

TEST(Sftp, WhatIsDiscardedIsGone) {
  const SshLab lab;
  Connected to(lab.target(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->allocate(0, 10000));
  EXPECT_TRUE(exists(to.directory->path() + "/vmcore-incomplete"));
  const Status status = (*file)->discard();
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ((*file)->remains(), "");
  EXPECT_FALSE(exists(to.directory->path() + "/vmcore-incomplete"));
}

TEST(Sftp, SpaceIsTakenBeforehand) {
  const SshLab lab;
  mount_tmpfs(lab.folder() / "full", 8 << 20);
  Connected to(lab.target(), lab.folder() / "full");
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->allocate(4096, 1 << 20));
  const Status status = (*file)->allocate(4096, 16 << 20);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space);
}

TEST(Sftp, AFolderThatMayNotBeWrittenSaysSo) {
  const SshLab lab;
  Connected to(lab.target(), "/proc/1");
  EXPECT_THAT(to.error, HasSubstr("/proc/1/host-date"));
}

TEST(Sftp, AServerKilledAtHalfIsAnError) {
  const SshLab lab;
  const Error error = dump_with(lab, [&] { lab.server().signal_children(SIGKILL); });
  EXPECT_EQ(error.errno_value(), ECONNRESET) << error.message();
  EXPECT_THAT(error.message(), HasSubstr("the server ended the connection while"));
}

TEST(Sftp, AServerStoppedAtHalfEndsByTheDeadline) {
  const SshLab lab;
  const Error error = dump_with(lab, [&] { lab.server().signal_children(SIGSTOP); });
  EXPECT_EQ(error.kind(), ErrorKind::timed_out) << error.message();
}

TEST(Sftp, ALinkCutAtHalfEndsByTheDeadline) {
  const SshLab lab;
  const Error error = dump_with(lab, [] { set_link(false); });
  set_link(true);
  EXPECT_EQ(error.kind(), ErrorKind::timed_out) << error.message();
}

}  // namespace
}  // namespace kdump
