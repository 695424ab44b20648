// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps by `cat` and by SCP to a real OpenSSH server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

#include "makedumpfile/format/flattener.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/sink/ssh/ssh_shell_directory.h"
#include "tests/cli/net/opened.h"
#include "tests/cli/net/ssh_lab.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

using testing::HasSubstr;
using namespace test;

constexpr size_t kSize = 20 << 20;
constexpr size_t kPiece = 1 << 20;

Opened open_at(const SshLab& lab, ShellTransfer transfer, const std::string& parent) {
  Opened opened;
  auto session = SshSession::connect(lab.target());
  EXPECT_TRUE(session) << session.error().message();
  const std::shared_ptr<SshSession> shared = std::move(*session);
  opened.connection = shared;
  opened.take(open_shell_directory(*shared, transfer, parent, "host-date"));
  return opened;
}

Status copy(RemoteDirectory& directory, const std::string& name, std::function<void()> at_half = {}) {
  const ByteVector content = noise(kSize);
  const auto file = TRY(directory.create_stream(name, kSize));
  for (size_t at = 0; at < kSize; at += kPiece) {
    if (at == kSize / 2 && at_half) at_half();
    TRY(file->write(Bytes(content).subspan(at, kPiece)));
  }
  return file->finish();
}

class SshShell : public testing::TestWithParam<ShellTransfer> {};

TEST_P(SshShell, AFileArrivesAsItIs) {
  const SshLab lab;
  // Every character that a shell might take for its own.
  const std::string parent = lab.dumps() + "/it's a \"$HOME\" `of` dumps\\; *";
  Opened to = open_at(lab, GetParam(), parent);
  ASSERT_TRUE(to.directory) << to.error.message();
  EXPECT_EQ(to.directory->path(), parent + "/host-date");
  EXPECT_EQ(mode_of(to.directory->path()), 0700U);
  write_text(to.directory->path() + "/vmcore-incomplete", "of an earlier attempt");
  const Status status = copy(*to.directory, "vmcore");
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(read_text(to.directory->path() + "/vmcore") == text_of(noise(kSize)));
  EXPECT_EQ(mode_of(to.directory->path() + "/vmcore"), 0600U);
  EXPECT_FALSE(exists(to.directory->path() + "/vmcore-incomplete"));
}

TEST_P(SshShell, ATakenNameGetsANumber) {
  const SshLab lab;
  const Opened first = open_at(lab, GetParam(), lab.dumps());
  const Opened second = open_at(lab, GetParam(), lab.dumps());
  ASSERT_TRUE(second.directory) << second.error.message();
  EXPECT_EQ(second.directory->path(), lab.dumps() + "/host-date-2");
}

TEST_P(SshShell, ProvesThatADumpCanBeSaved) {
  const SshLab lab;
  Opened to = open_at(lab, GetParam(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  const Status status = prove(*to.directory);
  EXPECT_TRUE(status) << status.error().message();
  const auto free = to.directory->free_bytes();
  ASSERT_TRUE(free && *free);
  EXPECT_GT(**free, 0U);
  EXPECT_TRUE(to.directory->remove_itself());
  EXPECT_FALSE(exists(lab.dumps() + "/host-date"));
}

TEST_P(SshShell, AnAccountThatOnlyDoesSftpIsToldApart) {
  const SshLab lab("Subsystem sftp internal-sftp\nForceCommand internal-sftp\n");
  const Opened to = open_at(lab, GetParam(), lab.dumps());
  EXPECT_FALSE(to.directory);
  EXPECT_EQ(to.error.kind(), ErrorKind::unsupported) << to.error.message();
}

TEST_P(SshShell, AFolderThatMayNotBeWrittenSaysSo) {
  const SshLab lab;
  const Opened to = open_at(lab, GetParam(), "/proc/1");
  EXPECT_FALSE(to.directory);
  EXPECT_THAT(to.error.message(), HasSubstr("/proc/1/host-date"));
}

TEST_P(SshShell, AFullDiskIsNoSpace) {
  const SshLab lab;
  mount_tmpfs(lab.folder() / "full", 8 << 20);
  Opened to = open_at(lab, GetParam(), lab.folder() / "full");
  ASSERT_TRUE(to.directory) << to.error.message();
  const Status status = copy(*to.directory, "vmcore");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space) << status.error().message();
  EXPECT_FALSE(exists(to.directory->path() + "/vmcore"));
}

TEST(SshCat, AFullDiskTakesASmallerFileInPlaceOfTheOneThatDidNotFit) {
  const SshLab lab;
  mount_tmpfs(lab.folder() / "full", 8 << 20);
  Opened to = open_at(lab, ShellTransfer::cat, lab.folder() / "full");
  ASSERT_TRUE(to.directory) << to.error.message();
  auto stream = to.directory->create_stream("vmcore", {});
  ASSERT_TRUE(stream) << stream.error().message();
  const ByteVector chunk = noise(1 << 20);
  Status status;
  for (int i = 0; status && i < 64; ++i) status = (*stream)->write(chunk);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space) << status.error().message();
  status = (*stream)->restart();
  ASSERT_TRUE(status) << status.error().message();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE((*stream)->write(chunk));
  status = (*stream)->finish();
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(read_text(to.directory->path() + "/vmcore").size(), size_t{6} << 20);
}

TEST_P(SshShell, AServerKilledAtHalfIsAnError) {
  const SshLab lab;
  Opened to = open_at(lab, GetParam(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  const Status status = copy(*to.directory, "vmcore", [&] { lab.server().signal_children(SIGKILL); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().errno_value(), ECONNRESET) << status.error().message();
  EXPECT_FALSE(exists(to.directory->path() + "/vmcore"));
}

TEST_P(SshShell, ACommandKilledAtHalfIsAnError) {
  const SshLab lab;
  Opened to = open_at(lab, GetParam(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  // The connection lives on, what wrote the file does not.
  const Status status = copy(*to.directory, "vmcore", [&] {
    EXPECT_TRUE(lab.server().signal_named(GetParam() == ShellTransfer::cat ? "cat" : "scp", SIGKILL));
  });
  ASSERT_FALSE(status);
  EXPECT_FALSE(exists(to.directory->path() + "/vmcore"));
}

TEST_P(SshShell, AServerStoppedAtHalfEndsByTheDeadline) {
  const SshLab lab;
  Opened to = open_at(lab, GetParam(), lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  const Status status = copy(*to.directory, "vmcore", [&] { lab.server().signal_children(SIGSTOP); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::timed_out) << status.error().message();
}

INSTANTIATE_TEST_SUITE_P(By, SshShell, testing::Values(ShellTransfer::cat, ShellTransfer::scp),
                         [](const auto& one) { return one.param == ShellTransfer::cat ? "Cat" : "Scp"; });

TEST(SshCat, AFlattenedDumpCanBePutTogether) {
  constexpr uint64_t kPages = 2000;
  const SshLab lab;
  Opened to = open_at(lab, ShellTransfer::cat, lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  auto stream = to.directory->create_stream("vmcore.flat", std::nullopt);
  ASSERT_TRUE(stream) << stream.error().message();
  Flattener flattener(**stream);
  const Status status = write_dump(flattener, kPages);
  ASSERT_TRUE(status) << status.error().message();
  const std::string flat = read_text(to.directory->path() + "/vmcore.flat");
  size_t at = 0;
  const auto read = [&](MutableBytes out) -> Result<size_t> {
    const size_t count = std::min(out.size(), flat.size() - at);
    std::memcpy(out.data(), flat.data() + at, count);
    at += count;
    return count;
  };
  MemorySink whole;
  const auto done = reassemble(read, "vmcore.flat", whole);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(whole.bytes == dump_bytes(kPages));
}

TEST(Scp, WhatHasNoKnownSizeGoesByCat) {
  const SshLab lab;
  Opened to = open_at(lab, ShellTransfer::scp, lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  auto file = to.directory->create_stream("log", std::nullopt);
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->write(noise(12)));
  EXPECT_TRUE((*file)->finish());
  EXPECT_EQ(read_text(to.directory->path() + "/log"), text_of(noise(12)));
}

TEST(Scp, TheSizeMustBeRight) {
  const SshLab lab;
  Opened to = open_at(lab, ShellTransfer::scp, lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  auto file = to.directory->create_stream("vmcore", 10);
  ASSERT_TRUE(file);
  EXPECT_FALSE((*file)->write(noise(12)));
  EXPECT_FALSE((*file)->finish());
}

}  // namespace
}  // namespace kdump
