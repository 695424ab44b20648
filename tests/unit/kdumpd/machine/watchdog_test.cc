// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WatchdogTest : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& identity, const std::string& state,
           const std::string& device = "") const {
    const std::string folder = "/sys/class/watchdog/" + name;
    machine_.write(folder + "/identity", identity + "\n");
    machine_.write(folder + "/state", state + "\n");
    machine_.write(folder + "/timeout", "30\n");
    if (device.empty()) return;
    machine_.folder(device);
    machine_.link(folder + "/device", machine_.at(device));
  }
  // "identity timeout device" of each.
  std::vector<std::string> found() {
    std::vector<std::string> lines;
    for (const ActiveWatchdog& active : active_watchdogs(machine_.host()))
      lines.push_back(
          fmt::format("{}|{}|{}", active.watchdog.identity, active.watchdog.timeout.count(), active.device));
    return lines;
  }

  Machine machine_;
};

TEST_F(WatchdogTest, AMachineWithoutAnyIsFine) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(WatchdogTest, FindsTheActiveOnesInOrder) {
  add("watchdog10", "iTCO_wdt", "active", "/sys/devices/pci0000:00/0000:00:1f.4/iTCO_wdt");
  add("watchdog2", "i6300ESB timer", "active", "/sys/devices/pci0000:00/0000:00:04.0");
  add("watchdog0", "asleep", "inactive", "/sys/devices/pci0000:00/0000:00:05.0");
  EXPECT_THAT(found(), ElementsAre("i6300ESB timer|30|/sys/devices/pci0000:00/0000:00:04.0",
                                   "iTCO_wdt|30|/sys/devices/pci0000:00/0000:00:1f.4/iTCO_wdt"));
}

TEST_F(WatchdogTest, OneOfSoftwareEndsWithItsKernel) {
  add("watchdog0", "Software Watchdog", "active");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(WatchdogTest, OneWithoutADeviceIsOfSomeModuleInUse) {
  add("watchdog0", "i6300ESB timer", "active");
  machine_.write("/lib/modules/6.1.0-test/modules.dep",
                 "kernel/drivers/watchdog/i6300esb.ko.xz: kernel/drivers/watchdog/watchdog.ko.xz\n"
                 "kernel/drivers/watchdog/wdat-wdt.ko.xz: kernel/drivers/watchdog/watchdog.ko.xz\n"
                 "kernel/drivers/watchdog/idle_wdt.ko.xz: kernel/drivers/watchdog/watchdog.ko.xz\n"
                 "kernel/drivers/watchdog/softdog.ko.xz: kernel/drivers/watchdog/watchdog.ko.xz\n"
                 "kernel/drivers/watchdog/watchdog.ko.xz:\nkernel/fs/ext4/ext4.ko.xz:\n");
  machine_.write(
      "/proc/modules",
      "i6300esb 16384 1 - Live 0x0\nwdat_wdt 16384 1 - Live 0x0\nidle_wdt 16384 0 - Live 0x0\n"
      "softdog 16384 1 - Live 0x0\nwatchdog 45056 4 i6300esb,softdog, Live 0x0\next4 1 3 - Live 0x0\n");
  const auto active = active_watchdogs(machine_.host());
  ASSERT_EQ(active.size(), 1U);
  EXPECT_EQ(active[0].device, "");
  EXPECT_THAT(active[0].modules, ElementsAre("i6300esb", "wdat_wdt"));
}

// Its driver may be part of the kernel.
TEST_F(WatchdogTest, OneWithoutADeviceAndModuleIsInThePlanAllTheSame) {
  add("watchdog0", "Odd Watchdog", "active");
  EXPECT_THAT(found(), ElementsAre("Odd Watchdog|30|"));
}

}  // namespace
}  // namespace kdump::service
