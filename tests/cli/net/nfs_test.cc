// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps to a real NFS server through libnfs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "makedumpfile/sink/nfs/nfs_directory.h"
#include "tests/cli/net/nfs_lab.h"
#include "tests/cli/net/remote_file_suite.h"

namespace kdump {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace test;

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

class NfsSide {
 public:
  [[nodiscard]] std::string dumps() const { return lab_.exported(); }
  [[nodiscard]] std::string full() const { return lab_.full(); }
  [[nodiscard]] Opened open(const std::string& exported) const {
    return with_client(exported,
                       [](NfsClient& client) { return open_nfs_directory(client, "/", "host-date"); });
  }
  [[nodiscard]] Opened reopen(const std::string& exported) const {
    return with_client(exported,
                       [](NfsClient& client) { return reopen_nfs_directory(client, "/host-date"); });
  }
  void stop_server() const { lab_.server().signal_all(SIGSTOP); }

 private:
  template <typename Open>
  [[nodiscard]] Opened with_client(const std::string& exported, Open open) const {
    Opened opened;
    const std::shared_ptr<NfsClient> client = NfsClient::mount(lab_.target(exported)).value();
    opened.connection = client;
    opened.take(open(*client));
    return opened;
  }

  NfsLab lab_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Nfs, RemoteFile, NfsSide);

TEST(Nfs, SaysWhereItIs) {
  const NfsLab lab;
  const Mounted to(lab.target());
  ASSERT_TRUE(to.directory) << to.error;
  EXPECT_EQ(to.directory->path(), "/host-date");
  EXPECT_EQ(to.client->local_address(), "127.0.0.1");
  EXPECT_EQ(to.client->peer(), "127.0.0.1:" + lab.exported());
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

TEST(Nfs, AServerKilledAtHalfIsAnError) {
  const NfsLab lab;
  const Mounted to(lab.target());
  ASSERT_TRUE(to.directory) << to.error;
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  Trap trap(**file, kHalf, [&] { lab.server().signal_all(SIGKILL); });
  const Status status = write_dump(trap, kPages);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("the connection was lost while writing"));
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
