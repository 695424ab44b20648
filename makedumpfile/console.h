// SPDX-License-Identifier: GPL-2.0-or-later
// What makedumpfile says and where: messages by kind on standard output (standard error when that carries the
// dump), progress on standard error.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "makedumpfile/dump.h"

namespace kdump {

class Console : public DumpObserver {
 public:
  // `levels`: bits of --message-level. `messages`: where everything but progress and errors goes.
  Console(unsigned levels, std::FILE* messages) : levels_(levels), messages_(messages) {}

  // Prints the text when its kind (one bit of --message-level) is asked for.
  void say(unsigned kind, std::string_view text);

  void step(std::string_view name, uint64_t total) override;
  void progress(uint64_t done) override;
  void note(std::string_view text) override;
  void debug(std::string_view text) override;
  // Ends a line of progress, so that what follows starts on its own.
  void end_progress();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(uint64_t done, Clock::time_point now);

  unsigned levels_;
  std::FILE* messages_;
  std::string step_;
  uint64_t total_ = 0;
  Clock::time_point started_;
  Clock::time_point drawn_;
  unsigned drawings_ = 0;
  bool line_open_ = false;
};

// " eta: 3m4s" as makedumpfile shows it, for a step that has taken `seconds` for `done` of `total`.
std::string eta_text(double seconds, uint64_t done, uint64_t total);

}  // namespace kdump
