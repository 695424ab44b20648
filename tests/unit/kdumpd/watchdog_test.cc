// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
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
    for (const ActiveWatchdog& active : active_watchdogs(machine_.host(), problems_))
      lines.push_back(
          fmt::format("{}|{}|{}", active.watchdog.identity, active.watchdog.timeout.count(), active.device));
    return lines;
  }

  Machine machine_;
  Problems problems_;
};

TEST_F(WatchdogTest, AMachineWithoutAnyIsFine) {
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(problems_.warnings, IsEmpty());
}

TEST_F(WatchdogTest, FindsTheActiveOnesInOrder) {
  add("watchdog10", "iTCO_wdt", "active", "/sys/devices/pci0000:00/0000:00:1f.4/iTCO_wdt");
  add("watchdog2", "i6300ESB timer", "active", "/sys/devices/pci0000:00/0000:00:04.0");
  add("watchdog0", "asleep", "inactive", "/sys/devices/pci0000:00/0000:00:05.0");
  EXPECT_THAT(found(), ElementsAre("i6300ESB timer|30|/sys/devices/pci0000:00/0000:00:04.0",
                                   "iTCO_wdt|30|/sys/devices/pci0000:00/0000:00:1f.4/iTCO_wdt"));
  EXPECT_THAT(problems_.warnings, IsEmpty());
}

TEST_F(WatchdogTest, OneOfSoftwareEndsWithItsKernel) {
  add("watchdog0", "Software Watchdog", "active");
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(problems_.warnings, IsEmpty());
}

TEST_F(WatchdogTest, OneWithoutADeviceIsAWarning) {
  add("watchdog0", "Odd Watchdog", "active");
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(problems_.warnings,
              ElementsAre(HasSubstr("watchdog watchdog0 (Odd Watchdog) is active, but what hardware it is")));
  EXPECT_THAT(problems_.errors, IsEmpty());
}

}  // namespace
}  // namespace kdump::service
