// SPDX-License-Identifier: GPL-2.0-or-later
// Which kernel, and with which command line.
#include <gmock/gmock.h>

#include "kdumpd/capture_command_line.h"
#include "kdumpd/machine/kernel_image.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

TEST(KernelImage, TheRunningReleaseInBoot) {
  const Machine machine;
  const KernelImage kernel = find_kernel(machine.host(), "").value();
  EXPECT_EQ(kernel.release, kRelease);
  EXPECT_EQ(kernel.path, "/boot/vmlinuz-6.1.0-test");
}

TEST(KernelImage, ElseBesideItsModules) {
  const Machine machine;
  machine.remove("/boot");
  machine.write("/usr/lib/modules/6.1.0-test/vmlinuz", "kernel");
  EXPECT_EQ(find_kernel(machine.host(), "").value().path, "/usr/lib/modules/6.1.0-test/vmlinuz");
}

TEST(KernelImage, TheReleaseAskedFor) {
  const Machine machine;
  machine.write("/boot/vmlinuz-7.0", "kernel");
  EXPECT_EQ(find_kernel(machine.host(), "7.0").value().path, "/boot/vmlinuz-7.0");
}

TEST(KernelImage, AMissingOneNamesThePlacesAndTheRemedy) {
  const Machine machine;
  const auto found = find_kernel(machine.host(), "9.9");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), testing::HasSubstr("/boot/vmlinuz-9.9, /usr/lib/modules/9.9/vmlinuz"));
  EXPECT_THAT(found.error().message(), testing::HasSubstr("set KDUMP_KERNELVER in /etc/sysconfig/kdump"));
  EXPECT_FALSE(find_kernel(machine.host(), "../../etc/passwd"));
}

std::string line_for(const Machine& machine, const conf::Sysconfig& sysconfig = {}) {
  return capture_command_line(machine.host(), sysconfig).value_or("error");
}

TEST(CaptureCommandLine, KeepsTheConsoleDropsTheRootAddsItsOwn) {
  const Machine machine;
  conf::Sysconfig sysconfig;
  sysconfig.KDUMP_COMMANDLINE_APPEND = "cma=0";
  EXPECT_EQ(line_for(machine, sysconfig),
            "rw console=ttyS0 panic=10 reset_devices nr_cpus=1 irqpoll cma=0 disable_cpu_apicid=2");
}

TEST(CaptureCommandLine, TheDefaultsHoldWhatIsAlwaysThereOnce) {
  const Machine machine;
  const std::string line = line_for(machine);
  for (const std::string word :
       {" panic=10", " reset_devices", " nr_cpus=1", " irqpoll", " disable_cpu_apicid=2"}) {
    const size_t first = line.find(word);
    ASSERT_NE(first, std::string::npos) << word << " in " << line;
    EXPECT_EQ(line.find(word, first + 1), std::string::npos) << word << " twice in " << line;
  }
  EXPECT_EQ(line.find("quiet"), std::string::npos);
  EXPECT_EQ(line.find("crashkernel"), std::string::npos);
}

TEST(CaptureCommandLine, TheAdministratorsValuesOfThoseHold) {
  const Machine machine;
  conf::Sysconfig sysconfig;
  sysconfig.KDUMP_COMMANDLINE = "panic=0 console=ttyS1";
  sysconfig.KDUMP_COMMANDLINE_APPEND = "nr_cpus=4 panic=30";
  EXPECT_EQ(line_for(machine, sysconfig),
            "panic=0 console=ttyS1 reset_devices irqpoll nr_cpus=4 panic=30 disable_cpu_apicid=2");
}

TEST(CaptureCommandLine, ParametersThatWouldRunSomethingElseAreGone) {
  const Machine machine;
  machine.write(
      "/proc/cmdline",
      "BOOT_IMAGE=/vmlinuz rdinit=/bin/sh init=/bin/sh rd.luks.uuid=x empty= mem=4G resume=/dev/vdb");
  conf::Sysconfig sysconfig;
  sysconfig.KDUMP_COMMANDLINE_APPEND = "";
  EXPECT_EQ(line_for(machine, sysconfig),
            "mem=4G panic=10 reset_devices nr_cpus=1 irqpoll disable_cpu_apicid=2");
}

TEST(CaptureCommandLine, TheRemoveListTakesNamesAndNameValue) {
  const Machine machine;
  conf::Sysconfig sysconfig;
  sysconfig.KDUMP_COMMANDLINE = "a=1 b=2 c";
  sysconfig.KDUMP_COMMANDLINE_REMOVE = "a b=7";
  sysconfig.KDUMP_COMMANDLINE_APPEND = "";
  EXPECT_THAT(line_for(machine, sysconfig), testing::StartsWith("c panic=10"));
}

TEST(CaptureCommandLine, OneThatIsTooLongIsRefused) {
  const Machine machine;
  conf::Sysconfig sysconfig;
  sysconfig.KDUMP_COMMANDLINE = std::string(2100, 'x');
  const auto line = capture_command_line(machine.host(), sysconfig);
  ASSERT_FALSE(line);
  EXPECT_THAT(line.error().message(), testing::HasSubstr("2017"));
}

}  // namespace
}  // namespace kdump::service
