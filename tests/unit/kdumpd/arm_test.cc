// SPDX-License-Identifier: GPL-2.0-or-later
// The step list, with the kernel and the image builder played by functions.
#include "kdumpd/arm.h"

#include <gmock/gmock.h>

#include "common/file.h"
#include "kdumpd/status_verb.h"
#include "tests/unit/kdumpd/arm_fixture.h"

namespace kdump::service {
namespace {

using kexec::Armed;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ArmTest, ActiveWatchdogsAreInThePlanAndTheirDriversInTheImage) {
  const std::string folder = "/sys/class/watchdog/watchdog0";
  machine.write(folder + "/identity", "i6300ESB timer\n");
  machine.write(folder + "/state", "active\n");
  machine.write(folder + "/timeout", "30\n");
  machine.folder("/sys/devices/pci0000:00/0000:00:04.0");
  machine.link(folder + "/device", machine.at("/sys/devices/pci0000:00/0000:00:04.0"));
  EXPECT_EQ(run("start"), 0);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].watchdog_devices, ElementsAre("/sys/devices/pci0000:00/0000:00:04.0"));
  EXPECT_THAT(requests[0].plan.watchdogs,
              ElementsAre(plan::Watchdog{"i6300ESB timer", std::chrono::seconds(30)}));
}

TEST_F(ArmTest, StartBuildsAndLoads) {
  EXPECT_EQ(run("start"), 0);
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].root, machine.at(""));
  EXPECT_EQ(requests[0].kernel_release, kRelease);
  EXPECT_THAT(requests[0].block_devices, ElementsAre("/dev/vda"));
  EXPECT_THAT(requests[0].plan.collector,
              ElementsAre("makedumpfile", "-l", "--message-level", "7", "-d", "31"));
  EXPECT_EQ(requests[0].plan.hostname, "machine");
  ASSERT_THAT(requests[0].plan.targets, SizeIs(1));
  EXPECT_EQ(requests[0].plan.targets[0].device.uuid, kRootUuid);
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_EQ(loads[0].kernel, machine.at("/boot/vmlinuz-6.1.0-test"));
  EXPECT_EQ(loads[0].initrd, machine.at("/var/lib/kdump/6.1.0-test/initramfs.img"));
  EXPECT_THAT(loads[0].command_line, HasSubstr("console=ttyS0"));
  EXPECT_FALSE(offered_previous);
  EXPECT_EQ(recorded().armed, ArmedState::wanted);
  EXPECT_EQ(recorded().target, "/var/crash on /dev/vda (ext4)");
  EXPECT_EQ(recorded().reserved_bytes, 134217728U);
  EXPECT_THAT(log.lines,
              testing::IsSupersetOf({"info: kexec: loaded kdump kernel", "info: Starting kdump: [OK]"}));
}

TEST_F(ArmTest, StartWhenLoadedWarnsAndSucceeds) {
  kernel_loaded = true;
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(loads, IsEmpty());
  EXPECT_THAT(log.all(), HasSubstr("warning: Kdump already running"));
}

TEST_F(ArmTest, StartReportsEveryFaultAtOnce) {
  machine.write("/etc/kdump.conf", "pth /x\nvirtiofs dumps\n");
  machine.write("/etc/sysconfig/kdump", "KDUMP_KERNELVER=9.9\nKEXEC_ARGS=-c\n");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(log.all(), HasSubstr(machine.at("/etc/kdump.conf:1: unknown directive \"pth\"")));
  EXPECT_THAT(log.all(), HasSubstr(machine.at("/etc/kdump.conf:2: \"virtiofs\" is not built yet")));
  EXPECT_THAT(log.all(), HasSubstr("KEXEC_ARGS: \"-c\" is not built yet"));
  EXPECT_THAT(log.all(), HasSubstr("no image of kernel 9.9"));
  EXPECT_THAT(log.all(), HasSubstr("error: Starting kdump: [FAILED]"));
  EXPECT_THAT(loads, IsEmpty());
  EXPECT_THAT(recorded().errors, SizeIs(4));
}

TEST_F(ArmTest, AMissingConfigurationFails) {
  machine.remove("/etc/kdump.conf");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(log.all(), HasSubstr("/etc/kdump.conf"));
}

TEST_F(ArmTest, WithoutAReservationNothingIsBuiltButTheRestIsChecked) {
  machine.write("/sys/kernel/kexec_crash_size", "0\n");
  machine.write("/etc/kdump.conf", "path /nowhere\n");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(log.all(), HasSubstr("error: No memory reserved for crash kernel"));
  EXPECT_THAT(log.all(), HasSubstr("dump directory /nowhere does not exist"));
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ArmTest, ARefusedCollectorFailsTheStart) {
  collector = fail("core_collector: makedumpfile refuses its options: -l");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(requests, IsEmpty());
  EXPECT_THAT(recorded().errors, ElementsAre("core_collector: makedumpfile refuses its options: -l"));
}

TEST_F(ArmTest, AnImageThatFitsIsNotBuiltAgain) {
  run("start");
  kernel_loaded = false;
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(requests, SizeIs(1));
  why = "/etc/kdump.conf changed";
  EXPECT_EQ(run("restart"), 0);
  EXPECT_THAT(requests, SizeIs(2));
  EXPECT_THAT(log.all(), HasSubstr("initramfs.img (/etc/kdump.conf changed)"));
}

TEST_F(ArmTest, ForceDirectivesDecideBeforeAnyComparison) {
  run("start");
  machine.write("/etc/kdump.conf", "force_rebuild 1\n");
  run("restart");
  EXPECT_THAT(requests, SizeIs(2));
  machine.write("/etc/kdump.conf", "force_no_rebuild 1\n");
  why = "changed";
  run("restart");
  EXPECT_THAT(requests, SizeIs(2));
  machine.remove("/var/lib/kdump/6.1.0-test/initramfs.img");
  run("restart");
  EXPECT_THAT(requests, SizeIs(3));
}

TEST_F(ArmTest, AFailedLoadGoesBackToWhatWasArmed) {
  run("start");
  why = "changed";
  load_fails = true;
  EXPECT_EQ(run("restart"), 1);
  ASSERT_TRUE(offered_previous);
  EXPECT_EQ(read_text_file(offered_previous->initrd).value(), "image 1");
  EXPECT_EQ(recorded().armed, ArmedState::previous);
  EXPECT_THAT(log.all(), HasSubstr("armed with the previous image"));
  log.lines.clear();
  EXPECT_EQ(run("status"), 0);
  EXPECT_THAT(log.lines, ElementsAre("info: Kdump is operational",
                                     "info: armed with the previous image: cannot load the image: too big",
                                     "info: dumps go to /var/crash on /dev/vda (ext4)"));
}

TEST_F(ArmTest, TheGoodImageOutlivesSeveralBadOnes) {
  run("start");
  why = "changed";
  load_fails = true;
  run("restart");
  run("restart");
  ASSERT_TRUE(offered_previous);
  EXPECT_EQ(read_text_file(offered_previous->initrd).value(), "image 1");
}

TEST_F(ArmTest, AnErrorBeforeTheLoadLeavesTheMachineArmed) {
  run("start");
  machine.write("/etc/kdump.conf", "final_action explode\n");
  EXPECT_EQ(run("restart"), 1);
  EXPECT_TRUE(kernel_loaded);
  EXPECT_THAT(loads, SizeIs(1));
  EXPECT_EQ(recorded().armed, ArmedState::wanted);
  EXPECT_THAT(log.all(), HasSubstr("what was loaded before is still armed"));
  EXPECT_THAT(describe_status(context(), true)[1], HasSubstr("the last attempt failed"));
}

TEST_F(ArmTest, AFailedBuildLeavesTheMachineArmed) {
  run("start");
  why = "changed";
  build_fails = true;
  EXPECT_EQ(run("restart"), 1);
  EXPECT_TRUE(kernel_loaded);
  EXPECT_THAT(recorded().errors, ElementsAre("cannot build the image: no module for the disk"));
}

TEST_F(ArmTest, AKernelThatDoesNotSayItIsLoadedIsNotBelieved) {
  kernel_believes = false;
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(log.all(), HasSubstr("does not read 1"));
  EXPECT_EQ(recorded().armed, ArmedState::nothing);
}

TEST_F(ArmTest, ARefusalOfThePreflightKeepsTheRecord) {
  run("start");
  Context refusing = context();
  refusing.effects.load = [](const auto&, const auto&) {
    return kexec::LoadOutcome{.armed = Armed::previous,
                              .error = Error(ErrorKind::failure, 0, "refused"),
                              .restoration = {},
                              .findings = {{true, "no", "do"}},
                              .trace = {}};
  };
  const ServiceStatus status = arm(refusing, When::always);
  EXPECT_EQ(status.armed, ArmedState::wanted);
  EXPECT_THAT(status.errors, ElementsAre("cannot load the image: refused"));
}

TEST_F(ArmTest, ARefusalWithNothingLoadedFallsBackToAKeptImage) {
  run("start");
  kernel_loaded = false;
  why = "changed";
  Context refusing = context();
  refusing.effects.load = [this](const kexec::CrashImage& wanted, const auto&) -> kexec::LoadOutcome {
    const bool kept = wanted.initrd.ends_with(".armed");
    kernel_loaded = kept;
    kexec::LoadOutcome outcome;
    outcome.armed = kept ? Armed::wanted : Armed::nothing;
    if (!kept) outcome.error = Error(ErrorKind::failure, 0, "refused");
    if (!kept) outcome.findings = {{true, "no", "do"}};
    return outcome;
  };
  const ServiceStatus status = arm(refusing, When::not_loaded);
  EXPECT_EQ(status.armed, ArmedState::previous);
  EXPECT_THAT(status.errors, ElementsAre("cannot load the image: refused"));
  EXPECT_THAT(status.loaded->initrd, testing::EndsWith("initramfs.img.armed"));
}

TEST_F(ArmTest, TheServiceStartingAgainLeavesAFittingImageAlone) {
  EXPECT_EQ(arm(context(), When::changed).armed, ArmedState::wanted);
  EXPECT_EQ(arm(context(), When::changed).armed, ArmedState::wanted);
  EXPECT_THAT(loads, SizeIs(1));
  machine.write("/proc/cmdline", "console=tty0 crashkernel=128M\n");
  arm(context(), When::changed);
  EXPECT_THAT(loads, SizeIs(2));
  why = "/etc/kdump.conf changed";
  arm(context(), When::changed);
  EXPECT_THAT(loads, SizeIs(3));
}

TEST_F(ArmTest, ReloadNeitherReadsTheConfigurationNorBuilds) {
  run("start");
  machine.write("/etc/kdump.conf", "nonsense\n");
  why = "changed";
  EXPECT_EQ(run("reload"), 0);
  EXPECT_THAT(requests, SizeIs(1));
  EXPECT_THAT(loads, SizeIs(2));
  machine.remove("/var/lib/kdump/6.1.0-test/initramfs.img");
  EXPECT_EQ(run("reload"), 1);
  EXPECT_THAT(log.all(), HasSubstr("kdumpctl restart builds it"));
}

TEST_F(ArmTest, RebuildBuildsAndDoesNotLoad) {
  EXPECT_EQ(run("rebuild"), 0);
  EXPECT_THAT(requests, SizeIs(1));
  EXPECT_THAT(loads, IsEmpty());
}

TEST_F(ArmTest, StopUnloads) {
  run("start");
  EXPECT_EQ(run("stop"), 0);
  EXPECT_FALSE(kernel_loaded);
  EXPECT_EQ(recorded().armed, ArmedState::nothing);
  EXPECT_FALSE(recorded().loaded);
  EXPECT_THAT(log.all(), HasSubstr("info: Stopping kdump: [OK]"));
  EXPECT_EQ(run("stop"), 0);
}

TEST_F(ArmTest, StatusSaysWhyNot) {
  EXPECT_EQ(run("status"), 3);
  EXPECT_THAT(log.lines, ElementsAre("info: Kdump is not operational",
                                     HasSubstr("no crash kernel is loaded; systemctl enable --now kdump")));
  machine.write("/etc/kdump.conf", "final_action explode\n");
  run("start");
  log.lines.clear();
  EXPECT_EQ(run("status"), 3);
  EXPECT_THAT(log.all(),
              HasSubstr("the last start failed: " + machine.at("/etc/kdump.conf:1: final_action")));
}

TEST_F(ArmTest, ShowmemHasTheIncumbentsWords) {
  EXPECT_EQ(run("showmem"), 0);
  EXPECT_THAT(log.lines, ElementsAre("info: Reserved 128MB memory for crash kernel"));
}

TEST_F(ArmTest, VerbsRefuseWhatTheyDoNotKnow) {
  EXPECT_EQ(run("explode"), 1);
  EXPECT_THAT(log.all(), HasSubstr("unknown verb \"explode\""));
  EXPECT_THAT(log.all(), HasSubstr("usage: kdumpctl VERB"));
  log.lines.clear();
  EXPECT_EQ(run("estimate"), 1);
  EXPECT_THAT(log.lines, ElementsAre("error: estimate is not built yet"));
  char extra[] = "now";
  char* const words[] = {extra};
  EXPECT_EQ(run_verb(context(), "start", words), 1);
  EXPECT_THAT(log.all(), HasSubstr("start takes no arguments, found \"now\""));
}

TEST_F(ArmTest, ADamagedStatusIsThatOfAServiceThatNeverRan) {
  for (const std::string text : {"", "{", "[]", "{\"version\":2}", "{\"version\":1,\"armed\":7}"}) {
    machine.write("/run/kdump/status.json", text);
    EXPECT_EQ(recorded().armed, ArmedState::nothing);
  }
}

}  // namespace
}  // namespace kdump::service
