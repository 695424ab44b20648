// SPDX-License-Identifier: GPL-2.0-or-later
// The worker against nfs-ganesha.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/cli/net/nfs_lab.h"
#include "tests/cli/net/worker_lab.h"

namespace kdump::test {
namespace {

using protocol::EventKind;
using protocol::Mode;
using testing::HasSubstr;
using testing::MatchesRegex;

const NfsLab& server() {
  static const NfsLab* const lab = new NfsLab;
  return *lab;
}

class NfsWorker {
 public:
  explicit NfsWorker(const std::string& exported, uint64_t pages = 300) : lab(pages) {
    plan::Target& target = lab.plan.targets.emplace_back();
    target.kind = plan::TargetKind::nfs;
    target.server = {.host = "127.0.0.1", .addresses = {"127.0.0.1"}, .port = NfsLab::kPort};
    target.nfs = {
        .path = exported, .client = plan::NfsClient::libnfs, .versions = {"3"}, .mount_options = {}};
    target.directory = "/";
    target.stall = std::chrono::seconds(5);
  }
  Status run(Mode mode) { return lab.run(NFS_WORKER_PROGRAM, mode).status; }
  std::string why_not() {
    const Status dumped = run(Mode::dump);
    return dumped ? "" : dumped.error().message();
  }

  WorkerLab lab;
};

TEST(NfsWorkerTest, ADumpIsTheLocalOneByteForByte) {
  NfsWorker worker(server().exported());
  ASSERT_EQ(worker.why_not(), "");
  EXPECT_THAT(worker.lab.dump_directory, MatchesRegex("/127.0.0.1-....-..-..-..:..:.."));
  const std::string there = server().exported() + worker.lab.dump_directory;
  EXPECT_TRUE(read_text(there + "/vmcore") == worker.lab.local_dump());
  const Status finished = worker.run(Mode::finish);
  EXPECT_TRUE(finished) << finished.error().message();
  EXPECT_EQ(read_text(there + "/kdump-result.json"), "{}\n");
}

TEST(NfsWorkerTest, CpCopiesTheWhole) {
  NfsWorker worker(server().exported());
  worker.lab.plan.collector = {"cp"};
  ASSERT_EQ(worker.why_not(), "");
  EXPECT_TRUE(read_text(server().exported() + worker.lab.dump_directory + "/vmcore") ==
              read_text(worker.lab.folder() / "core"));
}

TEST(NfsWorkerTest, ErrorsSayWhatTheServerMustAllow) {
  EXPECT_THAT(NfsWorker(server().read_only()).why_not(), HasSubstr("exports it read-only"));
  EXPECT_THAT(NfsWorker(server().squashed()).why_not(), HasSubstr("no_root_squash"));
  NfsWorker missing(server().exported());
  missing.lab.plan.targets[0].directory = "/nowhere";
  EXPECT_THAT(missing.why_not(), HasSubstr("there is no directory /nowhere on the export"));
}

TEST(NfsWorkerTest, AFullServerIsSaidToBeFull) {
  NfsWorker worker(server().full(), 12'000);
  worker.lab.plan.min_free = 0;
  worker.lab.plan.collector = {"makedumpfile", "-d", "1"};
  EXPECT_THAT(worker.why_not(), HasSubstr("space"));
}

TEST(NfsWorkerTest, AServerThatStallsIsToldBeforeTheParentLosesItsPatience) {
  NfsWorker worker(server().exported(), 60'000);
  bool stalled = false;
  worker.lab.on_progress = [&](const protocol::Event& event) {
    if (event.number != 0 && !std::exchange(stalled, true)) server().server().signal_all(SIGSTOP);
  };
  worker.lab.plan.collector = {"cp"};
  const std::string why = worker.why_not();
  server().server().signal_all(SIGCONT);
  EXPECT_TRUE(stalled);
  EXPECT_THAT(why, HasSubstr("no answer for 4.5 s"));
}

}  // namespace
}  // namespace kdump::test
