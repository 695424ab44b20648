// SPDX-License-Identifier: GPL-2.0-or-later
// Child processes with deadlines. No threads and no signal handlers are involved, so PID 1 can use it too.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/fd.h"

namespace kdump {

using SteadyTime = std::chrono::steady_clock::time_point;

struct ExitState {
  int code = 0;    // exit status, when it exited
  int signal = 0;  // the signal that ended it, or 0
  bool timed_out =
      false;  // still running at the deadline; it was sent SIGKILL and may be stuck in the kernel

  [[nodiscard]] bool succeeded() const { return code == 0 && signal == 0 && !timed_out; }
  // "exited with status 3", "killed by signal 9 (Killed)", "did not finish in time".
  [[nodiscard]] std::string describe() const;
};

struct SpawnRequest {
  std::vector<std::string> argv;                 // argv[0] is the path to execute
  std::vector<std::string> environment;          // NAME=value; empty keeps the caller's
  int stdin_fd = -1;                             // -1: /dev/null
  int stdout_fd = -1;                            // -1: inherited
  int stderr_fd = -1;                            // -1: inherited
  std::vector<std::pair<int, int>> extra_fds{};  // {ours, number in the child}
};

class Child {
 public:
  Child(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Readable when the child has ended; for poll(2).
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }

  // Waits until the child ends; past the deadline it is killed and given a second to go, then left behind.
  Result<ExitState> wait(std::optional<SteadyTime> deadline = std::nullopt);
  void kill(int signal) const;

 private:
  Result<bool> ended_by(std::optional<SteadyTime> deadline) const;
  Result<ExitState> reap() const;

  pid_t pid_;
  UniqueFd pidfd_;
};

Result<Child> spawn(const SpawnRequest& request);

// Runs `body` in a forked child; its return value is the exit status. For steps that may hang in the kernel.
Result<Child> spawn_function(const std::function<int()>& body);

struct CapturedOutput {
  ExitState exit;
  std::string output;  // standard output and standard error together, at most 1 MiB
};

// Runs a program to its end and keeps what it printed.
Result<CapturedOutput> run_captured(const std::vector<std::string>& argv, std::chrono::milliseconds timeout);

}  // namespace kdump
