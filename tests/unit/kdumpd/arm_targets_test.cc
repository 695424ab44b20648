// SPDX-License-Identifier: GPL-2.0-or-later
// Servers and chains of targets, from kdump.conf to the plan and the status.
#include <gmock/gmock.h>

#include "kdumpd/status_verb.h"
#include "tests/unit/kdumpd/arm_fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ChainTest : public ArmTest {
 protected:
  static constexpr const char* kHostKey =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJyb2tlbiBidXQgb2YgdGhlIHJpZ2h0IHNpemUhISE=";

  void SetUp() override {
    ArmTest::SetUp();
    machine.folder("/root/.ssh");
    const auto run = run_captured({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                                   machine.at("/root/.ssh/kdump_id_ed25519")},
                                  std::chrono::seconds(60));
    ASSERT_TRUE(run && run->exit.succeeded());
    machine.write("/root/.ssh/known_hosts", std::string("server ") + kHostKey + "\n");
  }
  void configure(const std::string& text) const { machine.write("/etc/kdump.conf", text); }
};

TEST_F(ChainTest, AServerGoesIntoThePlanWithItsKeyAndTheNetwork) {
  configure("ssh kdump@server\npath /srv\nmin_free 1G\ncore_collector makedumpfile -F -d 31\n");
  EXPECT_EQ(run("start"), 0) << log.all();
  ASSERT_THAT(requests, SizeIs(1));
  const image::Request& request = requests[0];
  EXPECT_THAT(request.block_devices, IsEmpty());
  ASSERT_THAT(request.files, SizeIs(1));
  EXPECT_EQ(request.files[0].source, "/root/.ssh/kdump_id_ed25519");
  EXPECT_EQ(request.files[0].image_path, "/etc/kdump/ssh/0");
  EXPECT_EQ(request.files[0].mode, 0600U);
  EXPECT_EQ(request.plan.min_free, uint64_t{1} << 30);
  EXPECT_THAT(request.plan.collector, ElementsAre("makedumpfile", "-F", "-d", "31"));
  ASSERT_THAT(request.plan.network.interfaces, SizeIs(1));
  EXPECT_EQ(request.plan.network.interfaces[0].name, "eth0");
  EXPECT_EQ(recorded().target, "/srv on ssh kdump@server");
  EXPECT_EQ(plan::from_json(plan::to_json(request.plan)).value(), request.plan);
}

TEST_F(ChainTest, ATargetThatCannotBeUsedIsLeftOutWhereThereIsAnother) {
  configure("ssh kdump@stranger\nfallback ext4 /dev/vda\nfallback ext4 LABEL=gone\n");
  EXPECT_EQ(run("start"), 0);
  ASSERT_THAT(requests, SizeIs(1));
  ASSERT_THAT(requests[0].plan.targets, SizeIs(1));
  EXPECT_EQ(requests[0].plan.targets[0].device.devname, "/dev/vda");
  EXPECT_THAT(recorded().warnings,
              ElementsAre(HasSubstr("no host key of stranger"), HasSubstr("LABEL=gone")));
}

TEST_F(ChainTest, WithoutAnyUsableTargetAllOfThemAreErrors) {
  configure("ssh kdump@stranger\nfallback ext4 LABEL=gone\n");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(requests, IsEmpty());
  EXPECT_THAT(recorded().errors, ElementsAre(HasSubstr("no host key of stranger"), HasSubstr("LABEL=gone")));
}

TEST_F(ChainTest, WhatIsNotBuiltIsAnErrorBesideAUsableTarget) {
  network = fail(ErrorKind::unsupported, "bond0 is a bond, which is not built yet");
  configure("path /var/crash\nfallback ssh kdump@server\n");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(recorded().errors, ElementsAre("ssh kdump@server: bond0 is a bond, which is not built yet"));
}

TEST_F(ChainTest, ATargetWithoutARouteIsLeftOut) {
  network = fail("no route to 192.0.2.7");
  configure("path /var/crash\nfallback ssh kdump@server\n");
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(requests[0].plan.targets, SizeIs(1));
  EXPECT_THAT(recorded().warnings, ElementsAre("ssh kdump@server: no route to 192.0.2.7"));
}

TEST_F(ChainTest, EveryTargetIsTriedAndWhatFailsIsToldAndKept) {
  dead = {"/var/crash on ssh kdump@server"};
  configure("ssh kdump@server\nfallback ext4 /dev/vda\n");
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(tried, ElementsAre("/var/crash on ssh kdump@server", "/var/crash on /dev/vda (ext4)"));
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].plan.targets, SizeIs(2));
  EXPECT_THAT(recorded().warnings, ElementsAre("/var/crash on ssh kdump@server: nobody there"));
  EXPECT_THAT(recorded().targets,
              ElementsAre(TargetStatus{"/var/crash on ssh kdump@server", "nobody there", {}},
                          TargetStatus{"/var/crash on /dev/vda (ext4)", "", free_bytes}));
  EXPECT_THAT(
      describe_status(context(), true),
      testing::Contains("/var/crash on ssh kdump@server took no file when it was tried: nobody there"));
}

TEST_F(ChainTest, WithoutAnyTargetThatTakesAFileNothingIsLoaded) {
  dead = {"/var/crash on ssh kdump@server"};
  configure("ssh kdump@server\n");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(loads, IsEmpty());
  EXPECT_THAT(recorded().errors, ElementsAre("/var/crash on ssh kdump@server: nobody there"));
}

TEST_F(ChainTest, LittleSpaceIsAWarningWithBothNumbers) {
  machine.write("/proc/meminfo",
                "MemTotal: 4194304 kB\nMemFree: 1048576 kB\nBuffers: 0 kB\nCached: 1048576 kB\nSwapCached: 0 "
                "kB\nAnonPages: 1048576 kB\n");
  free_bytes = uint64_t{1} << 30;
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(
      recorded().warnings,
      ElementsAre("/var/crash on /dev/vda (ext4): 1.0 GiB are free; a dump now would take up to 1.0 GiB "
                  "(level 31, not compressed), and 64.0 MiB are to stay free"));
  log.lines.clear();
  free_bytes = uint64_t{2} << 30;
  EXPECT_EQ(run("restart"), 0);
  EXPECT_THAT(recorded().warnings, IsEmpty());
}

}  // namespace
}  // namespace kdump::service
