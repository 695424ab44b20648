// SPDX-License-Identifier: GPL-2.0-or-later
// kdumpctl(8) and kdumpd(8) from outside: words and exit statuses. The programs run in a root of their own,
// with a /proc and a /sys that say nothing is reserved, so that they are the same on every machine, and
// cannot disarm or arm the one they run on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/file.h"
#include "common/process.h"

namespace kdump {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct Ran {
  int status;
  std::string output;
};

class KdumpctlTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(geteuid(), 0U) << "these tests need root: they make a mount namespace and a root of their own";
    std::string name = (std::filesystem::temp_directory_path() / "kdumpctl-XXXXXX").string();
    root = mkdtemp(name.data());
    write("/proc/cmdline", "root=/dev/vda console=ttyS0\n");
    write("/proc/meminfo", "MemTotal: 2030592 kB\n");
    write("/proc/sys/kernel/osrelease", "6.1.0-test\n");
    write("/proc/self/mountinfo", "25 1 0:5 / / rw - tmpfs tmpfs rw\n");
    write("/sys/kernel/kexec_crash_size", "0\n");
    write("/sys/kernel/kexec_crash_loaded", "0\n");
    write("/boot/vmlinuz-6.1.0-test", "kernel");
    write("/etc/kdump.conf", "");
    write("/dev/null", "");
    std::filesystem::create_directories(root + "/var/crash");
    std::filesystem::copy_file(KDUMPCTL_PROGRAM, root + "/kdumpctl");
    std::filesystem::copy_file(KDUMPD_PROGRAM, root + "/kdumpd");
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << text;
  }

  // The programs' libraries are seen through bind mounts that end with the namespace.
  Ran run(const std::string& command) const {
    const std::string script =
        "set -e; cd " + root +
        "; for f in usr lib lib64; do if [ -L /$f ]; then ln -sfn $(readlink /$f) $f; "
        "elif [ -d /$f ]; then mkdir -p $f; mount --bind /$f $f; fi; done; exec chroot . " +
        command;
    const auto done =
        run_captured({"/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script},
                     std::chrono::seconds(60));
    if (!done) return {-1, done.error().message()};
    return {done->exit.code, done->output};
  }

  std::string root;
};

constexpr const char* kNoMemory =
    "kdump: No memory reserved for crash kernel: crashkernel= is not on the kernel command line; add "
    "crashkernel=128M to ";

TEST_F(KdumpctlTest, StartWithoutAReservationSaysHowToGetOne) {
  const Ran ran = run("/kdumpctl start");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, AllOf(StartsWith(kNoMemory), EndsWith("kdump: Starting kdump: [FAILED]\n")));
}

TEST_F(KdumpctlTest, StartReportsAllFaultsOfTheConfiguration) {
  write("/etc/kdump.conf", "pth /var/crash\nfinal_action explode\n");
  const Ran ran = run("/kdumpctl start");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(
      ran.output,
      AllOf(HasSubstr("kdump: /etc/kdump.conf:1: unknown directive \"pth\"; did you mean \"path\"?\n"),
            HasSubstr("kdump: /etc/kdump.conf:2: final_action: unknown action \"explode\"")));
}

TEST_F(KdumpctlTest, StatusOfAMachineThatIsNotArmed) {
  const Ran ran = run("/kdumpctl status");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.output, StartsWith(std::string("kdump: Kdump is not operational\n") + kNoMemory));
}

TEST_F(KdumpctlTest, StatusOfAnArmedMachine) {
  write("/sys/kernel/kexec_crash_loaded", "1\n");
  const Ran ran = run("/kdumpctl status");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "kdump: Kdump is operational\n");
}

TEST_F(KdumpctlTest, Showmem) {
  EXPECT_EQ(run("/kdumpctl showmem").output, "kdump: Reserved 0MB memory for crash kernel\n");
  write("/sys/kernel/kexec_crash_size", "134217728\n");
  const Ran ran = run("/kdumpctl showmem");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "kdump: Reserved 128MB memory for crash kernel\n");
}

TEST_F(KdumpctlTest, AnUnknownVerbPrintsTheUsage) {
  for (const std::string words : {"explode", ""}) {
    const Ran ran = run("/kdumpctl " + words);
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.output, HasSubstr("kdump: usage: kdumpctl VERB\n"));
  }
}

TEST_F(KdumpctlTest, VerbsThatAreNotBuiltSaySo) {
  for (const std::string verb : {"estimate", "test", "get-default-crashkernel", "reset-crashkernel"}) {
    const Ran ran = run("/kdumpctl " + verb);
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.output, "kdump: " + verb + " is not built yet\n");
  }
}

TEST_F(KdumpctlTest, PropagateWantsAnSshTarget) {
  const Ran ran = run("/kdumpctl propagate");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.output, "kdump: there is no ssh target in /etc/kdump.conf; propagate is for those\n");
}

TEST_F(KdumpctlTest, HelpAndVersion) {
  const Ran help = run("/kdumpctl --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.output, StartsWith("usage: kdumpctl VERB\n  start "));
  const Ran version = run("/kdumpctl --version");
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.output, "kdumpctl " KDUMP_VERSION "\n");
}

TEST_F(KdumpctlTest, ImageBuildWantsAnOutput) {
  const Ran ran = run("/kdumpctl image build");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.output, "kdump: image build needs --output FILE\n");
  EXPECT_THAT(run("/kdumpctl image paint --output /x").output, HasSubstr("write image build --output FILE"));
}

TEST_F(KdumpctlTest, ImageBuildNamesWhatTheRootLacks) {
  const Ran ran = run("/kdumpctl image build --output /x --root /nowhere");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output,
              HasSubstr("kdump: cannot open /nowhere/etc/kdump.conf: no such file or directory\n"));
  EXPECT_FALSE(file_exists(root + "/x"));
}

TEST_F(KdumpctlTest, TheDaemonFailsWithTheReason) {
  const Ran ran = run("/kdumpd");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, StartsWith(kNoMemory));
  EXPECT_THAT(read_text_file(root + "/run/kdump/status.json").value_or(""),
              HasSubstr("\"operational\": false"));
}

TEST_F(KdumpctlTest, TheUnitsConditionIsCrashkernelOnTheCommandLine) {
  const Ran without = run("/kdumpd --condition");
  EXPECT_EQ(without.status, 1);
  EXPECT_THAT(without.output, HasSubstr("No memory reserved for crash kernel"));
  write("/proc/cmdline", "crashkernel=128M\n");
  EXPECT_EQ(run("/kdumpd --condition").status, 0);
}

}  // namespace
}  // namespace kdump
