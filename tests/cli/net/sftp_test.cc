// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps over SFTP to a real OpenSSH server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "makedumpfile/sink/ssh/sftp_directory.h"
#include "tests/cli/net/remote_file_suite.h"
#include "tests/cli/net/ssh_lab.h"

namespace kdump {
namespace {

using testing::HasSubstr;
using namespace test;

// What open_sftp_directory makes of a server.
Opened open_at(const SshLab& lab, const std::string& parent) {
  Opened opened;
  auto session = SshSession::connect(lab.target());
  EXPECT_TRUE(session) << session.error().message();
  const std::shared_ptr<SshSession> shared = std::move(*session);
  opened.connection = shared;
  opened.take(open_sftp_directory(*shared, parent, "host-date"));
  return opened;
}

class SftpSide {
 public:
  SftpSide() { mount_tmpfs(full(), 8 << 20); }
  [[nodiscard]] std::string dumps() const { return lab_.dumps(); }
  [[nodiscard]] std::string full() const { return lab_.folder() / "full"; }
  [[nodiscard]] Opened open(const std::string& parent) const { return open_at(lab_, parent); }
  [[nodiscard]] Opened reopen(const std::string& parent) const {
    Opened opened;
    const std::shared_ptr<SshSession> session = SshSession::connect(lab_.target()).value();
    opened.connection = session;
    opened.take(reopen_sftp_directory(*session, parent + "/host-date"));
    return opened;
  }
  void stop_server() const { lab_.server().signal_children(SIGSTOP); }

 private:
  SshLab lab_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sftp, RemoteFile, SftpSide);

TEST(Sftp, WorksWhereTheServerForcesInternalSftp) {
  const SshLab lab("Subsystem sftp internal-sftp\nForceCommand internal-sftp\n");
  Opened to = open_at(lab, lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_TRUE(write_dump(**file, kPages));
  EXPECT_TRUE(read_text(to.directory->path() + "/vmcore") == text_of(dump_bytes(kPages)));
}

TEST(Sftp, ALongDumpSurvivesTheServersKeyExchanges) {
  const SshLab lab("RekeyLimit 1M\nLogLevel DEBUG1\n");
  Opened to = open_at(lab, lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
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

TEST(Sftp, ParentsAreMade) {
  const SshLab lab;
  const Opened to = open_at(lab, lab.dumps() + "/a/b/c");
  ASSERT_TRUE(to.directory) << to.error.message();
  EXPECT_TRUE(exists(lab.dumps() + "/a/b/c/host-date"));
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

TEST(Sftp, AFolderThatMayNotBeWrittenSaysSo) {
  const SshLab lab;
  Opened to = open_at(lab, "/proc/1");
  EXPECT_THAT(to.error.message(), HasSubstr("/proc/1/host-date"));
}

TEST(Sftp, AServerKilledAtHalfIsAnError) {
  const SshLab lab;
  const Opened to = open_at(lab, lab.dumps());
  ASSERT_TRUE(to.directory) << to.error.message();
  auto file = to.directory->create("vmcore");
  ASSERT_TRUE(file);
  Trap trap(**file, kHalf, [&] { lab.server().signal_children(SIGKILL); });
  const Status status = write_dump(trap, kPages);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().errno_value(), ECONNRESET) << status.error().message();
  EXPECT_THAT(status.error().message(), HasSubstr("the server ended the connection while"));
}

}  // namespace
}  // namespace kdump
