// SPDX-License-Identifier: GPL-2.0-or-later
// How long one wait on a server may take.
#pragma once

#include <algorithm>
#include <chrono>

namespace kdump {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(std::chrono::milliseconds timeout) : timeout_(timeout), end_(Clock::now() + timeout) {}

  // Something moved: the wait starts anew.
  void restart() { end_ = Clock::now() + timeout_; }
  [[nodiscard]] bool passed() const { return Clock::now() >= end_; }
  // For poll(2): milliseconds that are left, rounded up, at most `limit`.
  [[nodiscard]] int poll_timeout(int limit) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, limit));
  }
  // The whole of it, in seconds, for messages.
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(timeout_).count(); }

 private:
  std::chrono::milliseconds timeout_;
  Clock::time_point end_;
};

}  // namespace kdump
