// SPDX-License-Identifier: GPL-2.0-or-later
// Targets on servers among the others.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/initramfs/capture/fake_system.h"

namespace kdump::capture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

plan::Target ssh_target(const std::string& host) {
  return {.kind = plan::TargetKind::ssh,
          .server = {.host = host, .addresses = {host}},
          .ssh = {.user = "kdump", .key = "/key", .known_hosts = "/known_hosts"},
          .directory = "/crash"};
}

plan::Target nfs_target(const std::string& host, plan::NfsClient client) {
  return {.kind = plan::TargetKind::nfs,
          .server = {.host = host, .addresses = {host}},
          .nfs = {.path = "/srv", .client = client, .versions = {"3"}, .mount_options = {}},
          .directory = "/crash"};
}

plan::Target raw_target() {
  return {.kind = plan::TargetKind::raw,
          .device = {.uuid = {}, .label = {}, .partuuid = "p", .devname = {}},
          .directory = "/"};
}

std::vector<protocol::Event> dump_in(const std::string& directory) {
  return {{.kind = EventKind::directory, .text = directory},
          {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10},
          {.kind = EventKind::saved, .text = "vmcore", .number = 100}};
}

class RemoteChainTest : public CaptureTest {
 protected:
  void targets(const std::vector<plan::Target>& targets) {
    plan_with([&](plan::Plan& plan) {
      plan.modules.clear();
      plan.network.interfaces = {{.name = "eth0", .mac = "52:54:00:00:00:01", .addresses = {"192.0.2.7/24"}}};
      const plan::Target local = plan.targets[0];
      plan.targets = targets;
      plan.targets.push_back(local);
    });
  }
};

TEST_F(RemoteChainTest, SshNeedsTheNetworkAndAWorkerOfItsOwn) {
  targets({ssh_target("192.0.2.1")});
  system.events[Mode::dump] = dump_in("/crash/192.0.2.7-x");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("network", "worker-ssh dump", "worker-ssh finish"));
  EXPECT_EQ(system.requests[Mode::dump].directory, "/crash");
  EXPECT_EQ(system.requests[Mode::finish].dump_directory, "/crash/192.0.2.7-x");
  EXPECT_EQ(record.target().directory, "/crash/192.0.2.7-x");
}

TEST_F(RemoteChainTest, TheKernelsNfsIsMountedAndTheOtherIsNot) {
  targets({nfs_target("192.0.2.1", plan::NfsClient::kernel)});
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls,
              ElementsAre("network", "mount nfs 192.0.2.1:/srv", "worker dump", "worker finish", "unmount"));
  EXPECT_EQ(system.requests[Mode::dump].directory, "/kdumproot/crash");

  system.calls.clear();
  record = {};
  targets({nfs_target("192.0.2.1", plan::NfsClient::libnfs)});
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("network", "worker-nfs dump", "worker-nfs finish"));
}

TEST_F(RemoteChainTest, ABareDeviceIsFoundAndGivenToTheWorker) {
  targets({raw_target()});
  system.events[Mode::dump] = dump_in("127.0.0.1-x");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("find ", "worker dump", "worker finish"));
  EXPECT_EQ(system.requests[Mode::dump].directory, "/dev/vda");
  EXPECT_EQ(system.requests[Mode::finish].dump_directory, "127.0.0.1-x");
}

TEST_F(RemoteChainTest, TheNetworkIsBroughtUpOnce) {
  targets({ssh_target("192.0.2.1"), nfs_target("192.0.2.2", plan::NfsClient::libnfs)});
  system.script = {{Mode::dump, failing("refused"), {}}};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls,
              ElementsAre("network", "worker-ssh dump", "worker-nfs dump", "worker-nfs finish"));
  EXPECT_EQ(system.requests[Mode::dump].target, 1U);
}

TEST_F(RemoteChainTest, WithoutANetworkTheLocalFallbackTakesTheDump) {
  targets({ssh_target("192.0.2.1"), nfs_target("192.0.2.2", plan::NfsClient::libnfs)});
  system.network = fail("eth0: no carrier");
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("network", "network", "find u-1", "mount /dev/vda", "worker dump",
                                        "worker finish", "unmount"));
  EXPECT_THAT(record.targets.at(0).error, HasSubstr("no carrier"));
  // The second server does not wait for what the first had its time for.
  EXPECT_EQ(system.network_patience.at(0), std::chrono::seconds(60));
  EXPECT_LE(system.network_patience.at(1), std::chrono::seconds(10));
}

TEST_F(RemoteChainTest, AServerThatNeverAnsweredIsNotAskedForTheLogAtOnce) {
  targets({ssh_target("192.0.2.1")});
  system.script = {{Mode::dump, failing("connection refused"), {}}};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("network", "worker-ssh dump", "find u-1", "mount /dev/vda",
                                        "worker dump", "worker finish", "unmount"));
}

TEST_F(RemoteChainTest, TheLogAloneIsTriedOnServersToo) {
  targets({ssh_target("192.0.2.1")});
  system.device = fail("no device");
  system.script = {{Mode::dump, failing("killed"), {}}};
  system.events[Mode::log] = {{.kind = EventKind::directory, .text = "/crash/d"},
                              {.kind = EventKind::saved, .text = "vmcore-dmesg.txt", .number = 10}};
  EXPECT_EQ(run(), Action::halt);
  EXPECT_THAT(system.calls,
              ElementsAre("network", "worker-ssh dump", "find u-1", "worker-ssh log", "worker-ssh finish"));
}

TEST_F(RemoteChainTest, AWorkerThatCannotStartDoesNotStopTheOthers) {
  targets({ssh_target("192.0.2.1"), ssh_target("192.0.2.2")});
  AttemptOutcome outcome = failing("cannot start: libssh2.so.1");
  outcome.cannot_start = true;
  system.script = {{Mode::dump, outcome, {}}};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("network", "worker-ssh dump", "find u-1", "mount /dev/vda",
                                        "worker dump", "worker finish", "unmount"));
  EXPECT_THAT(record.targets.at(1).error, HasSubstr("cannot start"));
}

TEST_F(RemoteChainTest, AMountThatHangsTakesOtherExportsOfTheServerWithIt) {
  const plan::Target first = nfs_target("192.0.2.1", plan::NfsClient::kernel);
  plan::Target second = first;
  second.directory = "/elsewhere";
  targets({first, second});
  system.on_mount = [this] {
    system.mount = system.calls.back().contains("nfs")
                       ? Result<Mounted>(fail(ErrorKind::timed_out, "did not finish in time"))
                       : Mounted{.where = "/kdumproot-2"};
  };
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("network", "mount nfs 192.0.2.1:/srv", "abandon ", "find u-1",
                                        "mount /dev/vda", "worker dump", "worker finish", "unmount"));
  EXPECT_THAT(record.targets.at(1).error, HasSubstr("hung before"));
}

TEST_F(RemoteChainTest, AResultThatItsTargetDoesNotTakeGoesToTheNext) {
  targets({ssh_target("192.0.2.1")});
  system.script = {{Mode::dump, AttemptOutcome{}, dump_in("/crash/d")}, {Mode::finish, failing("lost"), {}}};
  EXPECT_EQ(run(), Action::poweroff);
  EXPECT_THAT(system.calls, ElementsAre("network", "worker-ssh dump", "worker-ssh finish", "find u-1",
                                        "mount /dev/vda", "worker finish", "unmount"));
  const auto result = nlohmann::json::parse(system.requests[Mode::finish].result);
  EXPECT_EQ(result["saved"], true);
  EXPECT_EQ(result["target"], "ssh kdump@192.0.2.1 /crash");
  EXPECT_EQ(result["directory"], "/crash/d");
}

}  // namespace
}  // namespace kdump::capture
