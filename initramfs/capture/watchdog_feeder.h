// SPDX-License-Identifier: GPL-2.0-or-later
// The child that feeds one watchdog, and what it and kdump-capture say to each other.
#pragma once

#include <cstdint>
#include <string>

#include "common/fd.h"
#include "common/process.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {

// An order is the time, as CLOCK_MONOTONIC counts nanoseconds, until which the watchdog is fed; or this one:
// it is stopped.
inline constexpr int64_t kStopWatchdog = -1;

struct WatchdogPlaces {
  std::string sys_class_watchdog;  // "/sys/class/watchdog"
  std::string dev;                 // "/dev"
};

// Returns when the other end of `orders`, which does not block, is closed or the watchdog is stopped. Answers
// with lines, the last of which holds: "fed" and the timeout in seconds, or why not. The first may come at
// any time, when the driver does.
void feed_watchdog(const plan::Watchdog& wanted, const WatchdogPlaces& places, const UniqueFd& orders,
                   const UniqueFd& answers);

}  // namespace kdump::capture
