// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/text.h"
#include "initramfs/capture/pipe.h"
#include "initramfs/capture/watchdog_feeder.h"

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::string_view kFed = "fed ";
constexpr seconds kStopTime{1};

// Neither swapped out (a fork does not inherit mlockall) nor the kernel's choice when memory runs out.
void make_sturdy() {
  mlockall(MCL_CURRENT | MCL_FUTURE);
  const Result<UniqueFd> fd = open_file("/proc/self/oom_score_adj", O_WRONLY);
  if (fd) [[maybe_unused]]
    const Status ignored = write_all(fd->get(), bytes_of(std::string_view("-1000")));
}

int run_feeder(const plan::Watchdog& watchdog, const WatchdogPlaces& places, const Pipe& orders,
               const Pipe& answers) noexcept {
  make_sturdy();
  feed_watchdog(watchdog, places, orders.read_end, answers.write_end);
  return 0;
}

}  // namespace

void Watchdogs::take_over(const std::vector<plan::Watchdog>& watchdogs) {
  for (const plan::Watchdog& watchdog : watchdogs) {
    Result<Feeder> feeder = start(watchdog);
    if (!feeder) feeder = Feeder{.watchdog = watchdog, .error = feeder.error().message()};
    feeders_.push_back(std::move(*feeder));
  }
}

Result<Watchdogs::Feeder> Watchdogs::start(const plan::Watchdog& watchdog) const {
  Pipe orders = TRY(make_pipe());
  Pipe answers = TRY(make_pipe());
  if (fcntl(orders.write_end.get(), F_SETFL, O_NONBLOCK) != 0)
    return fail_errno(errno, "cannot set up a pipe");
  const WatchdogPlaces places{.sys_class_watchdog = sys_class_watchdog_, .dev = dev_};
  TRY(spawn_function([&] {
    // Who holds the other end of a pipe of orders keeps its reader alive.
    orders.write_end.reset();
    for (const Feeder& other : feeders_) close(other.orders.get());
    return run_feeder(watchdog, places, orders, answers);
  }));
  return Feeder{
      .watchdog = watchdog, .orders = std::move(orders.write_end), .answers = std::move(answers.read_end)};
}

void Watchdogs::feed_until(SteadyTime until) {
  order(std::chrono::duration_cast<nanoseconds>(until.time_since_epoch()).count());
}

void Watchdogs::stop() {
  order(kStopWatchdog);
  const SteadyTime deadline = steady_clock::now() + kStopTime;
  for (Feeder& feeder : feeders_) {
    while (feeder.answers && steady_clock::now() < deadline) listen(feeder, deadline);
  }
}

// A child that does not read has its pipe full and hangs; there is nothing else to tell it.
void Watchdogs::order(int64_t value) const {
  for (const Feeder& feeder : feeders_) {
    if (feeder.orders) [[maybe_unused]]
      const ssize_t ignored = write(feeder.orders.get(), &value, sizeof value);
  }
}

// Takes what there is, and waits only for the first line.
void Watchdogs::listen(Feeder& feeder, SteadyTime deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  pollfd item{feeder.answers.get(), POLLIN, 0};
  if (poll(&item, 1, static_cast<int>(std::max<int64_t>(left.count(), 0))) <= 0) return;
  std::array<char, 4096> buffer{};
  const ssize_t n = read(feeder.answers.get(), buffer.data(), buffer.size());
  if (n == 0) feeder.answers.reset();
  const std::vector<std::string_view> lines =
      split_lines({buffer.data(), static_cast<size_t>(std::max<ssize_t>(n, 0))});
  if (!lines.empty()) feeder.answer = lines.back();
}

WatchdogState Watchdogs::state_of(const Feeder& feeder) {
  WatchdogState state{.identity = feeder.watchdog.identity, .timeout = feeder.watchdog.timeout};
  const std::string_view answer = feeder.answer;
  if (!feeder.error.empty()) {
    state.error = feeder.error;
  } else if (answer.starts_with(kFed)) {
    state.timeout = seconds(static_cast<int64_t>(parse_u64(answer.substr(kFed.size())).value_or(0)));
  } else if (!answer.empty()) {
    state.error = answer;
  } else {
    state.error = feeder.answers ? "no driver shows it, or opening it hangs" : "its feeder has ended";
  }
  return state;
}

std::vector<WatchdogState> Watchdogs::states(SteadyTime deadline) {
  std::vector<WatchdogState> states;
  for (Feeder& feeder : feeders_) {
    if (feeder.answers) listen(feeder, feeder.answer.empty() ? deadline : steady_clock::now());
    states.push_back(state_of(feeder));
  }
  return states;
}

}  // namespace kdump::capture
