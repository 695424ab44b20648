// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/console.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/text.h"
#include "makedumpfile/options.h"

namespace kdump {

void Console::say(unsigned kind, std::string_view text) {
  if ((levels_ & kind) == 0) return;
  end_progress();
  std::FILE* file = kind == message_level::kError ? stderr : messages_;
  fmt::print(file, "{}", text);
  std::fflush(file);
}

void Console::step(std::string_view name, uint64_t total) {
  end_progress();
  step_ = name;
  total_ = total;
  started_ = Clock::now();
  drawn_ = {};
}

void Console::progress(uint64_t done) {
  if ((levels_ & message_level::kProgress) == 0) return;
  const auto now = Clock::now();
  if (done < total_ && now - drawn_ < std::chrono::seconds(1)) return;
  drawn_ = now;
  draw(done, now);
  if (done >= total_) end_progress();
}

void Console::draw(uint64_t done, Clock::time_point now) {
  constexpr std::string_view kSpinner = "/|\\-";
  const uint64_t tenths = total_ == 0 ? 1000 : std::min<uint64_t>(done * 1000 / total_, 1000);
  const double seconds = std::chrono::duration<double>(now - started_).count();
  fmt::print(stderr, "\r{:<50}: [{:3}.{} %] {}  {:>16}", step_, tenths / 10, tenths % 10,
             kSpinner[drawings_++ % kSpinner.size()], eta_text(seconds, done, total_));
  std::fflush(stderr);
  line_open_ = true;
}

void Console::note(std::string_view text) { say(message_level::kCommon, fmt::format("{}\n", text)); }

void Console::debug(std::string_view text) { say(message_level::kDebug, fmt::format("{}\n", text)); }

void Console::end_progress() {
  if (!line_open_) return;
  fmt::print(stderr, "\n");
  line_open_ = false;
}

std::string eta_text(double seconds, uint64_t done, uint64_t total) {
  if (done == 0 && total != 0) return {};
  const double rest =
      total == 0 ? 0
                 : seconds * static_cast<double>(total - std::min(done, total)) / static_cast<double>(done);
  return "eta: " + human_seconds(static_cast<uint64_t>(rest));
}

}  // namespace kdump
