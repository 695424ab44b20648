// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps to a real NFS server through libnfs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "makedumpfile/sink/nfs_directory.h"
#include "tests/cli/net/nfs_lab.h"

namespace kdump {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace test;

constexpr uint64_t kPages = 5000;  // 20 MB
constexpr uint64_t kHalf = kPages / 2 * 4096;

struct Mounted {
  explicit Mounted(const NfsTarget& target, const std::string& parent = "/",
                   const std::string& name = "host-date") {
    auto mounted = NfsClient::mount(target);
    if (!mounted) {
      error = mounted.error().message();
      return;
    }
    client = std::move(*mounted);
    auto opened = open_nfs_directory(*client, parent, name);
    if (opened)
      directory = std::move(*opened);
    else
      error = opened.error().message();
  }

  std::unique_ptr<NfsClient> client;
  std::unique_ptr<RemoteDirectory> directory;
  std::string error;
};

std::string mount_error(const NfsTarget& target) {
  const auto client = NfsClient::mount(target);
  return client ? "mounted" : client.error().message();
}

// A dump with something happening at half of it; the error.
Error dump_with(const NfsLab& lab, std::function<void()> at_half) {
  Mounted to(lab.target());
  if (!to.directory) return Error(ErrorKind::failure, 0, to.error);
  auto file = to.directory->create("vmcore");
  EXPECT_TRUE(file);
  Trap trap(**file, kHalf, std::move(at_half));
  const Status status = write_dump(trap, kPages);
  EXPECT_FALSE(status) << "the dump went through";
  EXPECT_FALSE(exists(lab.exported() + "/host-date/vmcore"));
  return status ? Error(ErrorKind::failure, 0, "none") : status.error();
}

TEST(Nfs, ADumpArrivesAsItIs) {
  const NfsLab lab;
  Mounted to(lab.target());
  ASSERT_TRUE(to.directory) << to.error;
  EXPECT_EQ(to.directory->path(), "/host-date");
  EXPECT_EQ(to.client->local_address(), "127.0.0.1");
  EXPECT_EQ(to.client->peer(), "127.0.0.1:" + lab.exported());
  const std::string there = lab.exported() + "/host-date";
  EXPECT_EQ(mode_of(there), 0700U);
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_TRUE(exists(there + "/vmcore-incomplete"));
  const Status status = write_dump(**file, kPages);
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(read_text(there + "/vmcore") == text_of(dump_bytes(kPages)));
  EXPECT_EQ(mode_of(there + "/vmcore"), 0600U);
  EXPECT_FALSE(exists(there + "/vmcore-incomplete"));
}

TEST(Nfs, WritesAnywhereInAnyOrder) {
  const NfsLab lab;
  Mounted to(lab.target());
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
  EXPECT_TRUE(read_text(lab.exported() + "/host-date/vmcore") == text_of(expected));
}

TEST(Nfs, AsksRpcbindForThePorts) {
  const NfsLab lab;
  NfsTarget target = lab.target();
  target.port = 0;
  target.mount_port = 0;
  EXPECT_EQ(mount_error(target), "mounted");
}

TEST(Nfs, MountsByIpv6) {
  const NfsLab lab;
  NfsTarget target = lab.target();
  target.address = "::1";
  const Mounted to(target);
  ASSERT_TRUE(to.directory) << to.error;
  EXPECT_EQ(to.client->peer(), "[::1]:" + lab.exported());
  EXPECT_TRUE(put_file(*to.directory, "log", bytes_of(std::string_view("six"))));
  EXPECT_EQ(read_text(lab.exported() + "/host-date/log"), "six");
}

TEST(Nfs, ATakenNameGetsANumber) {
  const NfsLab lab;
  const Mounted first(lab.target());
  const Mounted second(lab.target());
  ASSERT_TRUE(second.directory) << second.error;
  EXPECT_EQ(second.directory->path(), "/host-date-2");
  EXPECT_TRUE(exists(lab.exported() + "/host-date-2"));
}

TEST(Nfs, ALeftoverOfAnEarlierAttemptIsReplaced) {
  const NfsLab lab;
  Mounted to(lab.target());
  ASSERT_TRUE(to.directory) << to.error;
  {
    auto abandoned = to.directory->create_stream("log", std::nullopt);
    ASSERT_TRUE(abandoned);
    ASSERT_TRUE((*abandoned)->write(bytes_of(std::string_view("something longer that must go"))));
  }
  EXPECT_TRUE(exists(lab.exported() + "/host-date/log-incomplete"));
  ASSERT_TRUE(put_file(*to.directory, "log", bytes_of(std::string_view("short"))));
  EXPECT_EQ(read_text(lab.exported() + "/host-date/log"), "short");
}

TEST(Nfs, ProvesThatADumpCanBeSaved) {
  const NfsLab lab;
  Mounted to(lab.target());
  ASSERT_TRUE(to.directory) << to.error;
  const Status status = prove(*to.directory);
  EXPECT_TRUE(status) << status.error().message();
  const auto free = to.directory->free_bytes();
  ASSERT_TRUE(free && *free);
  EXPECT_GT(**free, 0U);
  EXPECT_TRUE(to.directory->remove_itself());
  EXPECT_FALSE(exists(lab.exported() + "/host-date"));
}

TEST(Nfs, AMissingDirectorySaysWhatToDo) {
  const NfsLab lab;
  const Mounted to(lab.target(), "/nowhere");
  EXPECT_THAT(to.error, HasSubstr("there is no directory /nowhere on the export, create it"));
}

TEST(Nfs, AMissingExportSaysSo) {
  const NfsLab lab;
  EXPECT_THAT(mount_error(lab.target("/nowhere")), HasSubstr("cannot mount /nowhere: "));
}

TEST(Nfs, AReadOnlyExportSaysSo) {
  const NfsLab lab;
  const Mounted to(lab.target(lab.read_only()));
  EXPECT_THAT(to.error, HasSubstr("the server exports it read-only"));
}

TEST(Nfs, ASquashedRootSaysWhatToDo) {
  const NfsLab lab;
  const Mounted to(lab.target(lab.squashed()));
  EXPECT_THAT(to.error, AllOf(HasSubstr("permission denied"), HasSubstr("no_root_squash")));
}

TEST(Nfs, AFullDiskIsNoSpace) {
  const NfsLab lab;
  Mounted to(lab.target(lab.full()));
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  const Status status = write_dump(**file, kPages);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space) << status.error().message();
  EXPECT_EQ((*file)->remains(), "/host-date/vmcore-incomplete");
}

TEST(Nfs, AFullDiskTakesASmallerDumpInPlaceOfTheOneThatDidNotFit) {
  const NfsLab lab;
  Mounted to(lab.target(lab.full()));
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  ASSERT_FALSE(write_dump(**file, kPages));
  const Status again = (*file)->restart();
  ASSERT_TRUE(again) << again.error().message();
  const Status status = write_dump(**file, 1500);
  ASSERT_TRUE(status) << status.error().message();
  const std::string content = read_text(lab.full() + "/host-date/vmcore");
  EXPECT_TRUE(std::ranges::equal(bytes_of(std::string_view(content)), dump_bytes(1500)));
}

TEST(Nfs, WhatIsDiscardedIsGone) {
  const NfsLab lab;
  Mounted to(lab.target(lab.full()));
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->allocate(0, 10000));
  EXPECT_TRUE(exists(lab.full() + "/host-date/vmcore-incomplete"));
  const Status status = (*file)->discard();
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ((*file)->remains(), "");
  EXPECT_FALSE(exists(lab.full() + "/host-date/vmcore-incomplete"));
}

TEST(Nfs, SpaceIsTakenBeforehand) {
  const NfsLab lab;
  Mounted to(lab.target(lab.full()));
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->allocate(4096, 1 << 20));
  const Status status = (*file)->allocate(4096, 16 << 20);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space) << status.error().message();
}

TEST(Nfs, AServerKilledAtHalfIsAnError) {
  const NfsLab lab;
  const Error error = dump_with(lab, [&] { lab.server().signal_all(SIGKILL); });
  EXPECT_THAT(error.message(), HasSubstr("the connection was lost while writing"));
}

TEST(Nfs, AServerStoppedAtHalfEndsByTheDeadline) {
  const NfsLab lab;
  const Error error = dump_with(lab, [&] { lab.server().signal_all(SIGSTOP); });
  EXPECT_EQ(error.kind(), ErrorKind::timed_out) << error.message();
}

TEST(Nfs, ALinkCutAtHalfEndsByTheDeadline) {
  const NfsLab lab;
  const Error error = dump_with(lab, [] { set_link(false); });
  set_link(true);
  EXPECT_EQ(error.kind(), ErrorKind::timed_out) << error.message();
}

TEST(Nfs, AServerThatNeverAnswersEndsByTheDeadline) {
  const MuteServer mute(11049);
  NfsTarget target;
  target.address = "127.0.0.1";
  target.export_path = "/srv";
  target.port = 11049;
  target.mount_port = 11049;
  target.connect_timeout = std::chrono::milliseconds(700);
  const auto client = NfsClient::mount(target);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(client.error().message(), "127.0.0.1:/srv: no answer for 0.7 s while trying to mount /srv");
}

TEST(Nfs, ARefusedConnectionSaysSo) {
  NfsTarget target;
  target.address = "127.0.0.1";
  target.export_path = "/srv";
  target.port = 1;
  target.mount_port = 1;
  EXPECT_EQ(mount_error(target), "127.0.0.1:/srv: port 1: cannot connect: connection refused");
}

TEST(Nfs, Version4IsRefusedWithAReasonWhereItsWritesAreBroken) {
  EXPECT_TRUE(check_nfs_version(3));
  const Status status = check_nfs_version(4);
  if (status) return;
  EXPECT_EQ(status.error().kind(), ErrorKind::unsupported);
  EXPECT_THAT(status.error().message(), HasSubstr("kernel's client"));
}

}  // namespace
}  // namespace kdump
