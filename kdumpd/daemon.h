// SPDX-License-Identifier: GPL-2.0-or-later
// The resident part of kdumpd: arms the machine, tells the service manager, and stays to watch over it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/fd.h"
#include "common/process.h"
#include "kdumpd/arm.h"

namespace kdump::service {

// What connects the daemon to the outside; tests put functions of their own in place.
struct Surroundings {
  std::function<void(const std::string& state)> notify;
  std::function<std::optional<std::string>()> running_job;
};

// Whether the end of the service disarms the machine: when it is stopped, not when it is restarted, killed or
// shut down with the machine.
bool stop_disarms(const std::optional<std::string>& job);

// The one line that `systemctl status` shows.
std::string status_line(const ServiceStatus& status);

class Daemon {
 public:
  Daemon(Context context, Surroundings surroundings)
      : context_(std::move(context)), surroundings_(std::move(surroundings)) {}

  // Blocks the signals the daemon lives on: before anything that takes time.
  Status prepare();
  // Arms; false when nothing is armed then. Readiness is announced only after the kernel says it is loaded.
  bool start();
  // Until it is asked to end; the exit status.
  int run();

 private:
  enum class Event { none, reload, end };

  [[nodiscard]] Result<Event> wait();
  [[nodiscard]] Event next_signal() const;
  void reload_configuration();
  void watch();
  void end();
  void begin_taking(UniqueFd lock);
  void end_taking();
  void show(const ServiceStatus& status, const std::string& first = "");

  Context context_;
  Surroundings surroundings_;
  UniqueFd signals_;
  UniqueFd changes_;             // inotify on the folder of status.json: kdumpctl may arm and disarm too
  std::optional<Child> taking_;  // dumps from raw devices
  bool was_loaded_ = false;
  std::string shown_;
};

}  // namespace kdump::service
