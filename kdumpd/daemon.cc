// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/daemon.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "common/file.h"
#include "kdumpd/lock.h"
#include "kdumpd/raw_targets.h"

namespace kdump::service {
namespace {

constexpr int kWatchMilliseconds = 60'000;

sigset_t daemon_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// The events are only a reason to look.
void drain(int fd) {
  char buffer[4096];
  while (read(fd, buffer, sizeof buffer) > 0) {
  }
}

}  // namespace

bool stop_disarms(const std::optional<std::string>& job) { return job == "stop"; }

std::string status_line(const ServiceStatus& status) {
  const std::string why = status.errors.empty() ? "" : ": " + status.errors.front();
  if (status.armed == ArmedState::nothing) return "Kdump is not operational" + why;
  if (status.armed == ArmedState::previous)
    return "Kdump is operational, armed with the previous image" + why;
  if (!why.empty()) return "Kdump is operational, armed with what was loaded before" + why;
  return "Kdump is operational; dumps go to " + status.target;
}

Status Daemon::prepare() {
  const sigset_t set = daemon_signals();
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fail_errno(errno, "cannot block signals");
  signals_.reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return fail_errno(errno, "cannot create a signalfd");
  const std::string folder = directory_of(context_.host.at(places::kStatus));
  TRY(make_directories(folder, 0755));
  changes_.reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!changes_ || inotify_add_watch(changes_.get(), folder.c_str(), IN_MOVED_TO) < 0)
    return fail_errno(errno, "cannot watch {}", folder);
  return {};
}

bool Daemon::start() {
  auto lock = take_lock(context_.host, context_.announce);
  if (!lock) {
    context_.announce(Level::error, lock.error().message());
    return false;
  }
  const ServiceStatus status = arm(context_, When::changed);
  was_loaded_ = context_.effects.loaded().value_or(false);
  show(status, was_loaded_ ? "READY=1\n" : "");
  if (was_loaded_) begin_taking(std::move(*lock));
  return was_loaded_;
}

int Daemon::run() {
  while (true) {
    const auto event = wait();
    if (!event) {
      context_.announce(Level::error, event.error().message());
      return 1;
    }
    if (*event == Event::end) break;
    if (*event == Event::reload) reload_configuration();
    watch();
  }
  end();
  return 0;
}

Result<Daemon::Event> Daemon::wait() {
  pollfd items[] = {
      {signals_.get(), POLLIN, 0}, {changes_.get(), POLLIN, 0}, {taking_ ? taking_->pidfd() : -1, POLLIN, 0}};
  if (poll(items, std::size(items), kWatchMilliseconds) < 0 && errno != EINTR)
    return fail_errno(errno, "cannot wait for events");
  if (items[2].revents != 0) end_taking();
  drain(changes_.get());
  return next_signal();
}

Daemon::Event Daemon::next_signal() const {
  signalfd_siginfo info{};
  if (read(signals_.get(), &info, sizeof info) != sizeof info) return Event::none;
  return info.ssi_signo == SIGHUP ? Event::reload : Event::end;
}

void Daemon::reload_configuration() {
  surroundings_.notify("RELOADING=1");
  end_taking();  // it holds the lock
  auto lock = take_lock(context_.host, context_.announce);
  if (lock) arm(context_, When::always);
  surroundings_.notify("READY=1");
  if (lock) begin_taking(std::move(*lock));
}

// In a child, for it may take its time, and hang with its device. The machine is armed meanwhile; whenever
// the child ends, the device is as it was or has forgotten what was taken. The child keeps the lock.
void Daemon::begin_taking(UniqueFd lock) {
  if (!has_raw_targets(context_.host)) return;
  Result<Child> child =
      spawn_function([&] { return take_raw_dumps(context_.host, context_.announce) ? 0 : 1; });
  lock.reset();
  if (child)
    taking_ = std::move(*child);
  else
    context_.announce(Level::error, child.error().message());
}

void Daemon::end_taking() {
  if (!taking_) return;
  [[maybe_unused]] const Result<ExitState> ended = taking_->wait(std::chrono::steady_clock::now());
  taking_.reset();
}

// Says so when somebody else armed or disarmed the machine.
void Daemon::watch() {
  const bool loaded = context_.effects.loaded().value_or(false);
  ServiceStatus status = read_status(context_.host);
  if (!loaded) status.armed = ArmedState::nothing;
  if (was_loaded_ && !loaded)
    context_.announce(Level::warning,
                      "the crash kernel was unloaded; systemctl restart kdump loads it again");
  was_loaded_ = loaded;
  show(status);
}

void Daemon::end() {
  surroundings_.notify("STOPPING=1");
  end_taking();
  if (!stop_disarms(surroundings_.running_job())) {
    context_.announce(Level::info, "ending; what is loaded stays loaded");
    return;
  }
  const auto lock = take_lock(context_.host, context_.announce);
  if (lock) disarm(context_);
  context_.announce(Level::info, "stopped; a panic makes no dump any more");
}

void Daemon::show(const ServiceStatus& status, const std::string& first) {
  const std::string line = status_line(status);
  if (line == shown_ && first.empty()) return;
  if (line != shown_) context_.announce(status.errors.empty() ? Level::info : Level::warning, line);
  shown_ = line;
  surroundings_.notify(first + "STATUS=" + line);
}

}  // namespace kdump::service
