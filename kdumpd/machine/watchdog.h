// SPDX-License-Identifier: GPL-2.0-or-later
// Hardware watchdogs that somebody feeds at the moment: when a panic stops that, they reset the machine in
// the middle of the dump, unless the capture kernel feeds them.
#pragma once

#include <string>
#include <vector>

#include "initramfs/plan/plan.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

struct ActiveWatchdog {
  plan::Watchdog watchdog;
  std::string device;  // whose drivers the capture kernel needs: "/sys/devices/pci0000:00/0000:00:04.0"
  std::vector<std::string> modules{};  // where sysfs does not tell: those that may be its driver
};

// As /sys/class/watchdog has them, in the order of their numbers; one made of software ends with its kernel,
// and is left out.
std::vector<ActiveWatchdog> active_watchdogs(const Host& host);

}  // namespace kdump::service
