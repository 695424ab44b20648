// SPDX-License-Identifier: GPL-2.0-or-later
// Connections to a real OpenSSH server: who is let in, and what each refusal says.
#include "makedumpfile/sink/ssh/ssh_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/cli/net/ssh_lab.h"

namespace kdump {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace test;

std::string error_of(const SshTarget& target) {
  const auto session = SshSession::connect(target);
  return session ? "connected" : session.error().message();
}

TEST(SshSession, RunsACommandAndTellsItsEnd) {
  const SshLab lab;
  const auto session = SshSession::connect(lab.target());
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ((*session)->local_address(), "127.0.0.1");
  EXPECT_EQ((*session)->peer(), "root@127.0.0.1 port 12022");
  auto channel = (*session)->execute("cat; echo oops >&2; exit 3");
  ASSERT_TRUE(channel) << channel.error().message();
  ASSERT_TRUE((*channel)->write(bytes_of(std::string_view("hello"))));
  const auto exit = (*channel)->finish();
  ASSERT_TRUE(exit) << exit.error().message();
  EXPECT_EQ(exit->output, "hello");
  EXPECT_EQ(exit->describe(), "exited with status 3: oops");
  EXPECT_TRUE((*session)->keep_alive());
}

TEST(SshSession, TellsTheSignalThatEndedACommand) {
  const SshLab lab;
  const auto session = SshSession::connect(lab.target());
  ASSERT_TRUE(session) << session.error().message();
  auto channel = (*session)->execute("kill -9 $$");
  ASSERT_TRUE(channel);
  const auto exit = (*channel)->finish();
  ASSERT_TRUE(exit) << exit.error().message();
  EXPECT_FALSE(exit->succeeded());
  EXPECT_EQ(exit->describe(), "killed by signal KILL");
}

TEST(SshSession, ConnectsByIpv6) {
  const SshLab lab("", "::1");
  SshTarget target = lab.target();
  for (int attempt = 0; attempt < 100 && error_of(target) != "connected"; ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(error_of(target), "connected");
}

TEST(SshSession, LogsInWithAnEcdsaKeyAndAnEcdsaHostKey) {
  const SshLab lab;
  SshTarget target = lab.target();
  for (const char* bits : {"256", "384", "521"}) {
    target.private_key = lab.make_key(std::string("id_ecdsa") + bits, {"-t", "ecdsa", "-b", bits});
    write_text(lab.folder() / "authorized_keys", read_text(target.private_key + ".pub"));
    target.known_hosts = "[127.0.0.1]:12022 " + read_text(lab.folder() / "host_ecdsa.pub");
    EXPECT_EQ(error_of(target), "connected") << bits;
  }
}

TEST(SshSession, FindsTheHostInAHashedFile) {
  const SshLab lab;
  SshTarget target = lab.target();
  write_text(lab.folder() / "known", target.known_hosts);
  run({"/usr/bin/ssh-keygen", "-q", "-H", "-f", lab.folder() / "known"});
  target.known_hosts = read_text(lab.folder() / "known");
  ASSERT_TRUE(target.known_hosts.starts_with("|1|"));
  EXPECT_EQ(error_of(target), "connected");
}

TEST(SshSession, AWrongHostKeyIsRefusedWithBothFingerprints) {
  const SshLab lab;
  SshTarget target = lab.target();
  const std::string other = lab.make_key("other", {"-t", "ed25519"});
  target.known_hosts = "[127.0.0.1]:12022 " + read_text(other + ".pub");
  const auto fingerprint = [](const std::string& file) {
    const std::string text = run({"/usr/bin/ssh-keygen", "-l", "-f", file});
    const size_t start = text.find("SHA256:");
    return text.substr(start, text.find(' ', start) - start);
  };
  EXPECT_THAT(error_of(target), HasSubstr("wrong host key: expected " + fingerprint(other) + ", got " +
                                          fingerprint(lab.folder() / "host_ed25519.pub")));
}

TEST(SshSession, ARevokedHostKeyIsRefused) {
  const SshLab lab;
  SshTarget target = lab.target();
  target.known_hosts += "@revoked * " + read_text(lab.folder() / "host_ed25519.pub");
  EXPECT_THAT(error_of(target), HasSubstr("the server's host key is revoked"));
}

TEST(SshSession, AnUnknownHostIsRefusedWithoutAConnection) {
  const SshLab lab;
  SshTarget target = lab.target();
  target.host = "elsewhere";
  EXPECT_THAT(error_of(target), AllOf(HasSubstr("no host key of [elsewhere]:12022 is known"),
                                      HasSubstr("ssh-keyscan -p 12022 -t ed25519 elsewhere")));
}

TEST(SshSession, ARefusedKeyNamesTheKeyAndTheRemedy) {
  const SshLab lab;
  SshTarget target = lab.target();
  target.private_key = lab.make_key("stranger", {"-t", "ed25519"});
  EXPECT_THAT(error_of(target), AllOf(HasSubstr("the server refuses the key " + target.private_key),
                                      HasSubstr("authorized_keys")));
}

TEST(SshSession, AnEncryptedKeyIsRefusedBeforeConnecting) {
  const SshLab lab;
  SshTarget target = lab.target();
  target.private_key = lab.make_key("locked", {"-t", "ed25519", "-N", "secret"});
  EXPECT_THAT(error_of(target), AllOf(HasSubstr("has a passphrase"), HasSubstr("ssh-keygen -p")));
}

TEST(SshSession, AnRsaKeyWorksOrNamesTheRemedy) {
  const SshLab lab;
  SshTarget target = lab.target();
  target.private_key = lab.make_key("id_rsa", {"-t", "rsa"});
  write_text(lab.folder() / "authorized_keys", read_text(target.private_key + ".pub"));
  const std::string outcome = error_of(target);
  if (ssh_rsa_works()) {
    EXPECT_EQ(outcome, "connected");
  } else {
    EXPECT_THAT(outcome, AllOf(HasSubstr("libssh2 1.11"), HasSubstr("kdumpctl propagate")));
  }
}

TEST(SshSession, AServerWithoutAPinnedTypeIsToldApart) {
  SshLab lab("HostKeyAlgorithms ecdsa-sha2-nistp256\n");
  EXPECT_THAT(error_of(lab.target()),
              HasSubstr("no host key type in common: the server offers ecdsa-sha2-nistp256, "
                        "this side ssh-ed25519"));
}

TEST(SshSession, AServerWithoutACommonKeyExchangeIsToldApart) {
  SshLab lab("KexAlgorithms sntrup761x25519-sha512@openssh.com\n");
  EXPECT_THAT(error_of(lab.target()),
              HasSubstr("no key exchange in common: the server offers sntrup761x25519-sha512@openssh.com"));
}

TEST(SshSession, AServerWithoutACommonCipherIsToldApart) {
  SshLab lab("Ciphers chacha20-poly1305@openssh.com\n");
  const std::string error = error_of(lab.target());
  // Newer libraries have it.
  if (error == "connected") return;
  EXPECT_THAT(error, HasSubstr("no cipher in common: the server offers chacha20-poly1305@openssh.com"));
}

TEST(SshSession, ARefusedConnectionSaysSo) {
  const SshLab lab;
  SshTarget target = lab.target();
  target.port = 1;
  target.known_hosts = "[127.0.0.1]:1 " + read_text(lab.folder() / "host_ed25519.pub");
  EXPECT_EQ(error_of(target), "root@127.0.0.1 port 1: cannot connect: connection refused");
}

TEST(SshSession, AServerThatNeverAnswersEndsByTheDeadline) {
  const MuteServer mute(11022);
  const SshLab lab;
  SshTarget target = lab.target();
  target.port = 11022;
  target.known_hosts = "[127.0.0.1]:11022 " + read_text(lab.folder() / "host_ed25519.pub");
  target.connect_timeout = std::chrono::milliseconds(700);
  const auto session = SshSession::connect(target);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(session.error().message(),
            "root@127.0.0.1 port 11022: no answer for 0.7 s while exchanging keys");
}

TEST(SshSession, AStoppedServerEndsByTheDeadline) {
  const SshLab lab;
  lab.server().signal_all(SIGSTOP);
  SshTarget target = lab.target();
  target.connect_timeout = std::chrono::milliseconds(700);
  const auto session = SshSession::connect(target);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind(), ErrorKind::timed_out);
}

TEST(SshSession, ACommandThatNeverEndsIsLeftByTheDeadline) {
  const SshLab lab;
  SshTarget target = lab.target();
  target.stall_timeout = std::chrono::milliseconds(700);
  const auto session = SshSession::connect(target);
  ASSERT_TRUE(session) << session.error().message();
  auto channel = (*session)->execute("sleep 1000");
  ASSERT_TRUE(channel);
  const auto exit = (*channel)->finish();
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().kind(), ErrorKind::timed_out);
}

}  // namespace
}  // namespace kdump
