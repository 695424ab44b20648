// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/system_facts.h"

#include <gmock/gmock.h>

#include "tests/unit/kexec/fixture.h"

namespace kdump::kexec {
namespace {

using testing::FakeKernel;
using testing::Machine;

TEST(SystemFacts, NewSysfsNamesWinOverOldOnes) {
  const Machine machine;
  machine.write("/sys/kernel/kexec/crash_loaded", "1\n");
  machine.write("/sys/kernel/kexec/crash_size", "4096\n");
  machine.write("/sys/kernel/kexec/loaded", "1\n");
  EXPECT_TRUE(crash_image_loaded(machine.root()).value());
  EXPECT_TRUE(reboot_image_loaded(machine.root()).value());
  EXPECT_EQ(crash_size(machine.root()).value(), 4096U);
}

TEST(SystemFacts, OldSysfsNames) {
  const Machine machine;
  EXPECT_FALSE(crash_image_loaded(machine.root()).value());
  EXPECT_FALSE(reboot_image_loaded(machine.root()).value());
  EXPECT_EQ(crash_size(machine.root()).value(), 134217728U);
}

TEST(SystemFacts, KernelWithoutKexecIsSaidToBeThat) {
  const Machine machine;
  machine.remove("/sys/kernel/kexec_crash_loaded");
  const auto loaded = crash_image_loaded(machine.root());
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), ::testing::HasSubstr("CONFIG_KEXEC_CORE"));
}

TEST(SystemFacts, ValuesThatAreNotNumbers) {
  const Machine machine;
  machine.write("/sys/kernel/kexec_crash_loaded", "yes\n");
  EXPECT_FALSE(crash_image_loaded(machine.root()));
  machine.write("/sys/kernel/kexec_crash_size", "-1\n");
  EXPECT_FALSE(crash_size(machine.root()));
}

TEST(SystemFacts, ReservationTotalsAndMainRange) {
  const Machine machine;
  machine.write("/proc/iomem", "06000000-15ffffff : Crash kernel\n130000000-137ffffff : Crash kernel\n");
  const Reservation reservation = read_reservation(machine.root()).value();
  EXPECT_EQ(reservation.total(), 384U << 20);
  EXPECT_EQ(reservation.main_size(), 128U << 20);
  EXPECT_EQ(Reservation{}.main_size(), 0U);
}

TEST(SystemFacts, MaskedReservationIsEperm) {
  const Machine machine;
  machine.write("/proc/iomem", "00000000-00000000 : System RAM\n");
  const auto reservation = read_reservation(machine.root());
  ASSERT_FALSE(reservation);
  EXPECT_EQ(reservation.error().errno_value(), EPERM);
  EXPECT_EQ(reservation.error().kind(), ErrorKind::failure);
}

TEST(SystemFacts, LockdownIsTheWordInBrackets) {
  EXPECT_EQ(lockdown_state("[none] integrity confidentiality"), "none");
  EXPECT_EQ(lockdown_state("none integrity [confidentiality]"), "confidentiality");
  EXPECT_EQ(lockdown_state(""), "");
  EXPECT_EQ(lockdown_state("]["), "");
}

TEST(SystemFacts, FiveLevelPagingIsAWholeWordAmongTheFlags) {
  const Machine machine;
  FakeKernel kernel(machine);
  EXPECT_FALSE(read_system_facts(machine.root(), kernel).five_level_paging);
  machine.write("/proc/cpuinfo", "processor: 0\nmodel name: la57\nflags\t\t: fpu la57x\nbugs: la57\n");
  EXPECT_FALSE(read_system_facts(machine.root(), kernel).five_level_paging);
  machine.write("/proc/cpuinfo", "processor: 0\nflags\t\t: fpu la57 lm\n");
  EXPECT_TRUE(read_system_facts(machine.root(), kernel).five_level_paging);
}

}  // namespace
}  // namespace kdump::kexec
