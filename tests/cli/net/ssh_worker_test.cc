// SPDX-License-Identifier: GPL-2.0-or-later
// The worker against OpenSSH's server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "tests/cli/net/ssh_lab.h"
#include "tests/cli/net/worker_lab.h"

namespace kdump::test {
namespace {

using protocol::EventKind;
using protocol::Mode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

class SshWorker {
 public:
  explicit SshWorker(const SshLab& ssh, uint64_t pages = 300) : lab(pages), ssh_(ssh) {
    const SshTarget target = ssh.target();
    plan::Target& planned = lab.plan.targets.emplace_back();
    planned.kind = plan::TargetKind::ssh;
    planned.server = {.host = target.host, .addresses = {target.address}, .port = target.port};
    planned.ssh = {.user = target.user, .key = target.private_key, .known_hosts = target.known_hosts};
    planned.directory = ssh.dumps();
    planned.stall = std::chrono::seconds(5);
  }
  [[nodiscard]] plan::Target& target() { return lab.plan.targets[0]; }
  Status run(Mode mode) { return lab.run(SSH_WORKER_PROGRAM, mode).status; }
  // The server's key is known for another name and port, which the plan has then.
  void pin(const std::string& host, uint16_t port) {
    target().server.host = host;
    target().server.port = port;
    target().ssh.known_hosts =
        fmt::format("[{}]:{} {}", host, port, read_text(ssh_.folder() / "host_ed25519.pub"));
  }
  // The error of a dump.
  std::string why_not() {
    const Status dumped = run(Mode::dump);
    return dumped ? "" : dumped.error().message();
  }

  WorkerLab lab;

 private:
  const SshLab& ssh_;
};

TEST(SshWorkerTest, ADumpOverSftpIsTheLocalOneByteForByte) {
  const SshLab ssh;
  SshWorker worker(ssh);
  const Status dumped = worker.run(Mode::dump);
  ASSERT_TRUE(dumped) << dumped.error().message();
  EXPECT_THAT(worker.lab.dump_directory, MatchesRegex(ssh.dumps() + "/127.0.0.1-....-..-..-..:..:.."));
  EXPECT_EQ(mode_of(worker.lab.dump_directory), 0700U);
  EXPECT_TRUE(read_text(worker.lab.dump_directory + "/vmcore") == worker.lab.local_dump());
  EXPECT_FALSE(exists(worker.lab.dump_directory + "/vmcore-incomplete"));
  EXPECT_EQ(worker.lab.texts(EventKind::summary).size(), 1U);
}

TEST(SshWorkerTest, TheResultGoesIntoTheDirectoryOfTheDump) {
  const SshLab ssh;
  SshWorker worker(ssh);
  ASSERT_TRUE(worker.run(Mode::dump));
  const Status finished = worker.run(Mode::finish);
  EXPECT_TRUE(finished) << finished.error().message();
  EXPECT_EQ(read_text(worker.lab.dump_directory + "/kdump-result.json"), "{}\n");
  EXPECT_EQ(read_text(worker.lab.dump_directory + "/kdump.conf"), "path /crash\n");
  EXPECT_THAT(worker.lab.texts(EventKind::directory), ElementsAre());
}

TEST(SshWorkerTest, WithoutSftpTheFlattenedStreamGoesThroughCat) {
  const SshLab ssh("Subsystem none /bin/false\n");
  SshWorker worker(ssh);
  const Status dumped = worker.run(Mode::dump);
  ASSERT_TRUE(dumped) << dumped.error().message();
  EXPECT_THAT(worker.lab.saved(), ElementsAre("vmcore.flat"));
  EXPECT_TRUE(worker.lab.rearranged(worker.lab.dump_directory + "/vmcore.flat") == worker.lab.local_dump());
  EXPECT_THAT(worker.lab.texts(EventKind::note), testing::Contains(HasSubstr("shell is used instead")));
  EXPECT_TRUE(worker.run(Mode::finish));
  EXPECT_EQ(read_text(worker.lab.dump_directory + "/kdump-result.json"), "{}\n");
}

TEST(SshWorkerTest, TheCollectorMayAskForTheStream) {
  const SshLab ssh;
  SshWorker worker(ssh);
  worker.lab.plan.collector = {"makedumpfile", "-F", "-c", "-d", "1"};
  ASSERT_EQ(worker.why_not(), "");
  EXPECT_THAT(worker.lab.saved(), ElementsAre("vmcore.flat"));
  EXPECT_TRUE(worker.lab.rearranged(worker.lab.dump_directory + "/vmcore.flat") == worker.lab.local_dump());
}

TEST(SshWorkerTest, ScpCopiesTheWhole) {
  const SshLab ssh;
  SshWorker worker(ssh);
  worker.lab.plan.collector = {"scp"};
  ASSERT_EQ(worker.why_not(), "");
  EXPECT_THAT(worker.lab.saved(), ElementsAre("vmcore"));
  EXPECT_TRUE(read_text(worker.lab.dump_directory + "/vmcore") == read_text(worker.lab.folder() / "core"));
}

TEST(SshWorkerTest, AProgramOfOnesOwnCannotWriteThere) {
  const SshLab ssh;
  SshWorker worker(ssh);
  worker.lab.plan.collector = {"/bin/cp"};
  EXPECT_EQ(worker.why_not(), "");
  worker.lab.plan.collector = {"/bin/dd"};
  EXPECT_THAT(worker.why_not(), HasSubstr("core_collector /bin/dd: "));
}

TEST(SshWorkerTest, TheNextAddressIsTriedAndThenTheName) {
  const SshLab ssh;
  SshWorker worker(ssh);
  worker.target().server.addresses = {"127.0.0.2", "127.0.0.1"};  // nobody listens at the first
  EXPECT_EQ(worker.why_not(), "");

  worker.target().server.addresses = {"127.0.0.2"};
  worker.pin("localhost", SshLab::kPort);
  EXPECT_EQ(worker.why_not(), "");
  EXPECT_THAT(worker.lab.texts(EventKind::note),
              testing::Contains(HasSubstr("localhost is not where it was")));
}

TEST(SshWorkerTest, ADeadServerIsToldWithEveryAddress) {
  const SshLab ssh;
  SshWorker worker(ssh);
  worker.target().server.addresses = {"127.0.0.2", "127.0.0.3"};
  worker.pin("nowhere.invalid", SshLab::kPort);
  const std::string why = worker.why_not();
  EXPECT_THAT(why, HasSubstr("root@127.0.0.2 port 12022: cannot connect: connection refused"));
  EXPECT_THAT(why, HasSubstr("127.0.0.3"));
  EXPECT_THAT(why, HasSubstr("cannot resolve nowhere.invalid"));
}

TEST(SshWorkerTest, AWrongHostKeyShowsBoth) {
  const SshLab ssh;
  SshWorker worker(ssh);
  const std::string other = ssh.make_key("other", {"-t", "ed25519"});
  worker.target().ssh.known_hosts =
      fmt::format("[127.0.0.1]:{} {}", SshLab::kPort, read_text(other + ".pub"));
  EXPECT_THAT(worker.why_not(), HasSubstr("wrong host key: expected SHA256:"));
}

TEST(SshWorkerTest, ARefusedKeyNamesUserAndServer) {
  const SshLab ssh;
  SshWorker worker(ssh);
  worker.target().ssh.key = ssh.make_key("stranger", {"-t", "ed25519"});
  EXPECT_THAT(worker.why_not(), HasSubstr("root@127.0.0.1 port 12022: the server refuses the key"));
}

TEST(SshWorkerTest, AServerThatNeverAnswersIsToldBeforeTheParentLosesItsPatience) {
  constexpr uint16_t kMutePort = SshLab::kPort + 1;
  const SshLab ssh;
  SshWorker worker(ssh);
  worker.pin("127.0.0.1", kMutePort);
  const MuteServer mute(kMutePort);
  EXPECT_THAT(worker.why_not(), HasSubstr("no answer for 4.5 s while exchanging keys"));
}

// The parent hears of a dump that is under way, then something happens to it.
std::string broken_dump(SshWorker& worker, const std::function<void()>& breaking) {
  bool broken = false;
  worker.lab.on_progress = [&](const protocol::Event& event) {
    if (event.number != 0 && !std::exchange(broken, true)) breaking();
  };
  worker.lab.plan.collector = {"cp"};
  const std::string why = worker.why_not();
  EXPECT_TRUE(broken);
  return why;
}

constexpr uint64_t kManyPages = 60'000;  // more than what is on its way

TEST(SshWorkerTest, AServerKilledAtHalfLeavesOnlyTheIncompleteFile) {
  const SshLab ssh;
  SshWorker worker(ssh, kManyPages);
  const std::string why = broken_dump(worker, [&] { ssh.server().signal_children(SIGKILL); });
  EXPECT_THAT(why, HasSubstr("ended the connection"));
  EXPECT_FALSE(exists(worker.lab.dump_directory + "/vmcore"));
  EXPECT_TRUE(exists(worker.lab.dump_directory + "/vmcore-incomplete"));
}

TEST(SshWorkerTest, ACutLinkIsToldBeforeTheParentLosesItsPatience) {
  const SshLab ssh;
  SshWorker worker(ssh, kManyPages);
  const std::string why = broken_dump(worker, [] { set_link(false); });
  set_link(true);
  EXPECT_THAT(why, HasSubstr("no answer for 4.5 s"));
}

TEST(SshWorkerTest, ALinkThatComesBackCostsNothingButTime) {
  const SshLab ssh;
  SshWorker worker(ssh, kManyPages);
  std::jthread healer;
  const std::string why = broken_dump(worker, [&] {
    set_link(false);
    healer = std::jthread([] {
      std::this_thread::sleep_for(std::chrono::seconds(2));
      set_link(true);
    });
  });
  EXPECT_EQ(why, "");
  EXPECT_TRUE(read_text(worker.lab.dump_directory + "/vmcore") == read_text(worker.lab.folder() / "core"));
}

TEST(SshWorkerTest, AFullServerIsSaidToBeFull) {
  const SshLab ssh;
  mount_tmpfs(ssh.folder() / "full", 4 << 20);
  SshWorker worker(ssh, 6000);
  worker.target().directory = ssh.folder() / "full";
  worker.lab.plan.min_free = 1 << 20;
  worker.lab.plan.collector = {"cp"};
  EXPECT_THAT(worker.why_not(), HasSubstr("min_free"));
  worker.lab.plan.collector = {"makedumpfile", "-d", "1"};
  EXPECT_THAT(worker.why_not(), HasSubstr("space"));
}

}  // namespace
}  // namespace kdump::test
