// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/console.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "common/text.h"

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kRedraw{1000};
constexpr milliseconds kBlockedConsole{500};  // a terminal held by flow control must not hold the capture
constexpr size_t kBarWidth = 30;
constexpr std::string_view kKmsgLevel =
    "<15>kdump: ";  // facility user, level debug: not on the console again
constexpr std::string_view kPrefix = "kdump: ";

// False when nothing more can be written now.
bool wait_writable(int fd) {
  pollfd item{fd, POLLOUT, 0};
  return poll(&item, 1, static_cast<int>(kBlockedConsole.count())) > 0;
}

// Whether all of it went out; `patient` waits a little for room.
bool write_what_fits(int fd, std::string_view text, bool patient) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n > 0) text.remove_prefix(static_cast<size_t>(n));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return false;
    if (!text.empty() && !(patient && wait_writable(fd))) return false;
  }
  return true;
}

std::string time_left(uint64_t done, uint64_t total, milliseconds elapsed) {
  if (done == 0 || done >= total) return human_seconds(static_cast<uint64_t>(elapsed.count()) / 1000);
  const double left =
      static_cast<double>(elapsed.count()) * (static_cast<double>(total) / static_cast<double>(done) - 1);
  return human_seconds(static_cast<uint64_t>(std::ceil(std::min(left, 1e12) / 1000))) + " left";
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  std::string result(text.substr(0, limit));
  for (char& c : result) {
    if (c != '\t' && (c < ' ' || c > '~')) c = '?';
  }
  return result;
}

std::string progress_bar(std::string_view name, uint64_t done, uint64_t total, milliseconds elapsed) {
  done = std::min(done, total);
  const double part = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<size_t>(part * static_cast<double>(kBarWidth));
  return fmt::format("{:<20} [{}{}] {:>3}%  {}", printable(name, 40), std::string(filled, '#'),
                     std::string(kBarWidth - filled, '.'), static_cast<unsigned>(part * 100),
                     time_left(done, total, elapsed));
}

void Console::write_console(std::string_view text) {
  // One that was full once is not waited for again before it takes something: lines are lost, not time.
  if (console_) blocked_ = !write_what_fits(console_.get(), text, !blocked_);
}

void Console::say(std::string_view text) {
  const std::string line = printable(text);
  print(std::string(kPrefix) + line);
  // One write is one record.
  if (kmsg_) write_what_fits(kmsg_.get(), fmt::format("{}{}\n", kKmsgLevel, line), true);
}

void Console::print(std::string_view text) {
  const char* const before = progress_.on_screen ? "\r\n" : "";
  progress_.on_screen = false;
  write_console(fmt::format("{}{}\r\n", before, printable(text)));
}

void Console::drain() const {
  if (console_) tcdrain(console_.get());
}

void Console::start_progress(std::string_view name, uint64_t total) {
  end_progress();
  const SteadyTime now = steady_clock::now();
  progress_ = {.name = std::string(name), .total = total, .started = now, .drawn = now, .active = true};
}

void Console::progress(uint64_t done) {
  if (!progress_.active || progress_.total == 0) return;
  progress_.done = done;
  if (steady_clock::now() - progress_.drawn >= kRedraw) draw();
}

void Console::end_progress() {
  if (progress_.active && progress_.total != 0) draw();
  if (progress_.on_screen) write_console("\r\n");
  progress_ = {};
}

void Console::finish_progress() {
  progress_.done = progress_.total;
  end_progress();
}

void Console::draw() {
  const SteadyTime now = steady_clock::now();
  const auto elapsed = std::chrono::duration_cast<milliseconds>(now - progress_.started);
  const std::string bar = progress_bar(progress_.name, progress_.done, progress_.total, elapsed);
  write_console(fmt::format("\r{}{:<76}", kPrefix, bar));
  progress_.drawn = now;
  progress_.on_screen = true;
}

}  // namespace kdump::capture
