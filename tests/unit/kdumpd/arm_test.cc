// SPDX-License-Identifier: GPL-2.0-or-later
// The step list, with the kernel and the image builder played by functions.
#include "kdumpd/arm.h"

#include <gmock/gmock.h>

#include <set>

#include "common/file.h"
#include "kdumpd/daemon.h"
#include "kdumpd/reservation.h"
#include "kdumpd/status_verb.h"
#include "kdumpd/verbs.h"
#include "makedumpfile/format/flattener.h"
#include "makedumpfile/sink/raw_device.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using kexec::Armed;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ArmTest : public testing::Test {
 protected:
  void SetUp() override { machine.make_root_disk(); }

  Context context() {
    const Host host = machine.host();
    Effects effects;
    effects.check_reservation = [host] { return check_reservation(host); };
    effects.loaded = [this]() -> Result<bool> { return kernel_loaded; };
    effects.load = [this](const auto& wanted, const auto& previous) { return load(wanted, previous); };
    effects.unload = [this]() -> Status {
      kernel_loaded = false;
      return {};
    };
    effects.why_rebuild = [this](const auto&, const auto&) -> Result<std::string> { return why; };
    effects.build = [this](const auto& request, const auto& directory) { return build(request, directory); };
    effects.build_file = [this](const auto& request, const auto& output) { return build(request, output); };
    effects.probes.check_collector = [this](const auto&) { return collector; };
    effects.probes.addresses = [](const auto&) -> Result<std::vector<std::string>> {
      return std::vector<std::string>{"192.0.2.7"};
    };
    effects.prove = [this](const ResolvedTarget& target, const auto&) -> Result<Proof> {
      tried.push_back(target.described);
      if (dead.contains(target.described)) return fail("nobody there");
      return Proof{.free_bytes = free_bytes};
    };
    effects.probes.discover_network = [this](const auto&, const auto&) { return network; };
    return {host, effects, log.announce()};
  }

  kexec::LoadOutcome load(const kexec::CrashImage& wanted, const std::optional<kexec::CrashImage>& previous) {
    loads.push_back(wanted);
    offered_previous = previous;
    if (!load_fails) {
      kernel_loaded = kernel_believes;
      return {.armed = Armed::wanted, .error = {}, .restoration = {}, .findings = {}, .trace = {}};
    }
    const bool restored = previous.has_value();
    kernel_loaded = restored;
    return {.armed = restored ? Armed::previous : Armed::nothing,
            .error = Error(ErrorKind::failure, 0, "too big"),
            .restoration = {},
            .findings = {},
            .trace = {}};
  }

  Result<image::Image> build(const image::Request& request, const std::string& directory) {
    if (build_fails) return fail("no module for the disk");
    requests.push_back(request);
    const std::string path = directory + "/initramfs.img";
    const std::string content = "image " + std::to_string(requests.size());
    TRY(replace_file(path, bytes_of(std::string_view(content)), 0600));
    return image::Image{
        .path = path, .compressed_bytes = 7, .unpacked_bytes = 9, .modules = {}, .warnings = {}};
  }

  int run(std::string_view verb) { return run_verb(context(), verb, {}); }
  ServiceStatus recorded() { return read_status(machine.host()); }

  Machine machine;
  Log log;
  bool kernel_loaded = false;
  bool kernel_believes = true;
  bool load_fails = false;
  bool build_fails = false;
  Status collector;
  std::vector<std::string> tried;
  std::set<std::string> dead;
  std::optional<uint64_t> free_bytes = uint64_t{100} << 30;
  Result<FoundNetwork> network =
      FoundNetwork{.network = {.interfaces = {{"eth0", "52:54:00:12:34:56", 1500, {"192.0.2.1/24"}}},
                               .routes = {},
                               .name_servers = {},
                               .search = {}},
                   .warnings = {}};
  std::string why;
  std::vector<kexec::CrashImage> loads;
  std::vector<image::Request> requests;
  std::optional<kexec::CrashImage> offered_previous;
};

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

// A raw device with a dump on it, and kdump.conf that names it.
void leave_raw_dump(const Machine& machine) {
  const std::string device = machine.make_disk("/dev/vdb", 8 << 20);
  machine.add_disk("vdb", 16);
  machine.write("/etc/kdump.conf", "raw /dev/vdb\n");
  auto raw = RawDevice::open(device);
  ASSERT_TRUE(raw && raw->begin("127.0.0.1-2026-11-21-03:00:07"));
  ASSERT_TRUE(raw->put_attachment("vmcore-dmesg.txt", bytes_of(std::string_view("panic"))));
  const auto stream = raw->create_dump();
  ASSERT_TRUE(stream);
  Flattener place(**stream);
  ASSERT_TRUE(place.write_at(0, bytes_of(std::string_view("dump"))) && place.finish());
}

TEST_F(ArmTest, StartTakesARawDumpAfterArming) {
  leave_raw_dump(machine);
  EXPECT_EQ(run("start"), 0) << log.all();
  const std::string directory = machine.at("/var/crash/127.0.0.1-2026-11-21-03:00:07");
  EXPECT_EQ(read_text_file(directory + "/vmcore").value_or(""), "dump");
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_EQ(log.lines.back(),
            "info: raw /dev/vdb: what the crash left is in /var/crash/127.0.0.1-2026-11-21-03:00:07; the "
            "device is free for the next");
  log.lines.clear();
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(log.all(), testing::Not(HasSubstr("what the crash left")));
}

TEST_F(ArmTest, ARawDumpThatCannotBeTakenIsToldAndTheMachineArmed) {
  leave_raw_dump(machine);
  machine.remove("/var/crash");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(loads, SizeIs(1));
  EXPECT_TRUE(recorded().errors.empty());
  EXPECT_EQ(recorded().armed, ArmedState::wanted);
  EXPECT_THAT(log.lines.back(), HasSubstr("no other dump goes there until kdumpctl start has taken it"));
  EXPECT_EQ(RawDevice::open(machine.at("/dev/vdb"))->dump().value(), RawDump::whole);
  machine.folder("/var/crash");
  EXPECT_EQ(run("start"), 0);
}

TEST_F(ArmTest, ADamagedRawDumpSaysHowToGiveItUp) {
  leave_raw_dump(machine);
  const std::string ones(32, '\x01');
  ASSERT_TRUE(pwrite_all(RawDevice::open(machine.at("/dev/vdb"))->fd(), bytes_of(ones), 4096));
  EXPECT_EQ(run("restart"), 1);
  EXPECT_THAT(log.lines.back(), HasSubstr("given up by dd if=/dev/zero of=/dev/vdb bs=4096 count=1"));
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

TEST(ServiceStatusJson, RoundTrip) {
  ServiceStatus status{.armed = ArmedState::previous,
                       .loaded = LoadedImage{"6.1", "/k", "/i", "a=\"b c\""},
                       .target = "t",
                       .reserved_bytes = 1,
                       .image_bytes = 2,
                       .errors = {"e"},
                       .warnings = {"w"},
                       .updated = "now"};
  const ServiceStatus read = status_from_json(to_json(status)).value();
  EXPECT_EQ(read.armed, status.armed);
  EXPECT_EQ(read.loaded, status.loaded);
  EXPECT_EQ(read.target, "t");
  EXPECT_EQ(read.reserved_bytes, 1U);
  EXPECT_EQ(read.image_bytes, 2U);
  EXPECT_EQ(read.errors, status.errors);
  EXPECT_EQ(read.warnings, status.warnings);
  EXPECT_EQ(read.updated, "now");
}

TEST(Daemon, OnlyAStopDisarms) {
  EXPECT_TRUE(stop_disarms("stop"));
  EXPECT_FALSE(stop_disarms("restart"));
  EXPECT_FALSE(stop_disarms("try-restart"));
  EXPECT_FALSE(stop_disarms(std::nullopt));
}

TEST(Daemon, StatusLines) {
  EXPECT_EQ(status_line({.armed = ArmedState::wanted,
                         .loaded = {},
                         .target = "T",
                         .errors = {},
                         .warnings = {},
                         .updated = {}}),
            "Kdump is operational; dumps go to T");
  EXPECT_EQ(status_line({.armed = ArmedState::previous,
                         .loaded = {},
                         .target = {},
                         .errors = {"E"},
                         .warnings = {},
                         .updated = {}}),
            "Kdump is operational, armed with the previous image: E");
  EXPECT_EQ(status_line({.armed = ArmedState::nothing,
                         .loaded = {},
                         .target = {},
                         .errors = {"E"},
                         .warnings = {},
                         .updated = {}}),
            "Kdump is not operational: E");
}

}  // namespace
}  // namespace kdump::service
