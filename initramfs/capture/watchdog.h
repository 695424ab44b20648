// SPDX-License-Identifier: GPL-2.0-or-later
// Hardware watchdogs that were active before the panic are fed as long as something is known to go on, and no
// longer. Each is fed by a child of its own, so that a driver that hangs holds nobody else.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "common/fd.h"
#include "common/process.h"
#include "initramfs/capture/system.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {

class Watchdogs {
 public:
  explicit Watchdogs(std::string sys_class_watchdog = "/sys/class/watchdog", std::string dev = "/dev")
      : sys_class_watchdog_(std::move(sys_class_watchdog)), dev_(std::move(dev)) {}

  // Starts the children and returns at once: each takes its watchdog over as soon as a driver shows it.
  void take_over(const std::vector<plan::Watchdog>& watchdogs);
  // They are fed until then, whatever happens meanwhile, and not after it; each call replaces the one before.
  void feed_until(SteadyTime until);
  // Closes them in the way that stops them, for a machine that is to stand still.
  void stop();
  // Waits for those that have not answered yet, at most until the deadline.
  std::vector<WatchdogState> states(SteadyTime deadline);

 private:
  struct Feeder {
    plan::Watchdog watchdog;
    UniqueFd orders{};     // to the child
    UniqueFd answers{};    // from it
    std::string answer{};  // its last line
    std::string error{};   // why there is no child
  };

  [[nodiscard]] Result<Feeder> start(const plan::Watchdog& watchdog) const;
  void order(int64_t value) const;
  static void listen(Feeder& feeder, SteadyTime deadline);
  static WatchdogState state_of(const Feeder& feeder);

  std::string sys_class_watchdog_;
  std::string dev_;
  std::vector<Feeder> feeders_;
};

}  // namespace kdump::capture
