// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/reservation.h"

#include <gmock/gmock.h>

#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

std::string error_of(const Machine& machine) {
  const auto reserved = check_reservation(machine.host());
  return reserved ? "reserved" : reserved.error().message();
}

TEST(Reservation, SizeOfWhatIsReserved) {
  const Machine machine;
  EXPECT_EQ(check_reservation(machine.host()).value(), 134217728U);
}

TEST(Reservation, WithoutTheParameterItSaysHowToGetOne) {
  const Machine machine;
  machine.write("/sys/kernel/kexec_crash_size", "0\n");
  machine.write("/proc/cmdline", "root=/dev/vda\n");
  machine.write("/usr/sbin/update-grub", "");
  EXPECT_EQ(error_of(machine),
            "No memory reserved for crash kernel: crashkernel= is not on the kernel command line; add "
            "crashkernel=128M to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub, and reboot");
}

TEST(Reservation, TheStepsFitTheBootLoadersTools) {
  const Machine machine;
  machine.write("/sys/kernel/kexec_crash_size", "0\n");
  machine.write("/proc/cmdline", "root=/dev/vda\n");
  EXPECT_THAT(error_of(machine),
              testing::EndsWith("add crashkernel=128M to the kernel command line in the boot "
                                "loader's configuration, and reboot"));
  machine.write("/usr/sbin/grub2-mkconfig", "");
  EXPECT_THAT(error_of(machine), testing::HasSubstr("grub2-mkconfig -o /boot/grub2/grub.cfg"));
  machine.write("/usr/sbin/grubby", "");
  EXPECT_THAT(error_of(machine), testing::HasSubstr("grubby --update-kernel=ALL --args=crashkernel=128M"));
}

TEST(Reservation, AParameterThatReservedNothingIsNamed) {
  const Machine machine;
  machine.write("/sys/kernel/kexec_crash_size", "0\n");
  machine.write("/proc/cmdline", "crashkernel=64G quiet\n");
  EXPECT_THAT(error_of(machine), testing::HasSubstr("could not honour \"crashkernel=64G\""));
}

TEST(Reservation, AKernelWithoutKdumpIsNamed) {
  const Machine machine;
  machine.remove("/sys/kernel/kexec_crash_size");
  EXPECT_THAT(error_of(machine), testing::StartsWith("Kdump is not supported on this kernel"));
}

TEST(Reservation, TheNewPlaceInSysfsIsRead) {
  const Machine machine;
  machine.remove("/sys/kernel/kexec_crash_size");
  machine.write("/sys/kernel/kexec/crash_size", "268435456\n");
  EXPECT_EQ(check_reservation(machine.host()).value(), 268435456U);
}

TEST(Reservation, RecommendationsGrowWithMemory) {
  EXPECT_EQ(recommended_crashkernel(2 * kGiB), "128M");
  EXPECT_EQ(recommended_crashkernel(4 * kGiB), "256M");
  EXPECT_EQ(recommended_crashkernel(32 * kGiB), "256M");
  EXPECT_EQ(recommended_crashkernel(1024 * kGiB), "512M");
}

TEST(Reservation, CrashkernelIsLookedForAsAWord) {
  const Machine machine;
  EXPECT_TRUE(crashkernel_on_command_line(machine.host()));
  machine.write("/proc/cmdline", "nocrashkernel=1 xcrashkernel=2\n");
  EXPECT_FALSE(crashkernel_on_command_line(machine.host()));
}

}  // namespace
}  // namespace kdump::service
