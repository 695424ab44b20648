// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/attempt.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include "common/fd.h"
#include "common/text.h"
#include "initramfs/capture/pipe.h"

namespace kdump::capture {
namespace {

using protocol::Event;
using protocol::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{200};  // between two looks at the memory figures
constexpr int kExecFailed = 127;    // of the loader and of spawn
constexpr size_t kDrainRounds =
    64;  // of 4 KiB: a worker that floods a pipe must not keep us from the deadline

// A memory file, not a pipe: a worker that reads nothing must not hold us.
Result<UniqueFd> request_file(const protocol::Request& request) {
  UniqueFd fd(memfd_create("request", MFD_CLOEXEC));
  if (!fd) return fail_errno(errno, "cannot create a memory file");
  const std::string text = protocol::to_json(request);
  TRY(write_all(fd.get(), bytes_of(text)));
  if (lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno(errno, "cannot rewind a memory file");
  return fd;
}

// The worker goes before anything else when memory runs out.
void offer_to_oom_killer(pid_t pid) {
  const Result<UniqueFd> fd = open_file(fmt::format("/proc/{}/oom_score_adj", pid), O_WRONLY);
  if (!fd) return;
  [[maybe_unused]] const Status ignored = write_all(fd->get(), bytes_of(std::string_view("1000")));
}

// One of the worker's two pipes, cut into lines. False at its end.
bool read_lines(const UniqueFd& fd, protocol::LineReader& reader,
                const std::function<void(std::string_view)>& on_line) {
  std::array<char, 4096> buffer{};
  for (size_t round = 0; round < kDrainRounds; ++round) {
    const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    for (const std::string& line : reader.feed({buffer.data(), static_cast<size_t>(n)})) on_line(line);
  }
  return true;
}

class Attempt {
 public:
  Attempt(const AttemptLimits& limits, WorkerListener& listener, MemoryWatch& memory)
      : limits_(limits), listener_(listener), memory_(memory), heard_(steady_clock::now()) {
    end_.stall = limits.stall;
  }

  Result<AttemptOutcome> run(const std::string& program, const protocol::Request& request) {
    const UniqueFd input = TRY(request_file(request));
    Pipe events = TRY(make_pipe());
    Pipe output = TRY(make_pipe());
    const uint64_t oom_kills = read_oom_kills();
    Child child = TRY(spawn({.argv = {program, std::string(protocol::mode_name(request.mode))},
                             .environment = {"PATH=/bin:/sbin:/usr/bin:/usr/sbin"},
                             .stdin_fd = input.get(),
                             .stdout_fd = output.write_end.get(),
                             .stderr_fd = output.write_end.get(),
                             .extra_fds = {{events.write_end.get(), protocol::kEventFd}}}));
    offer_to_oom_killer(child.pid());
    events.write_end.reset();
    output.write_end.reset();
    events_ = std::move(events.read_end);
    output_ = std::move(output.read_end);
    watch(child);
    end_.exit = TRY(child.wait(steady_clock::now() + seconds(1)));
    read_all();
    end_.out_of_memory = read_oom_kills() > oom_kills;
    return outcome();
  }

 private:
  // Until the worker ends or has to.
  void watch(const Child& child) {
    while (true) {
      std::array<pollfd, 3> items{
          {{child.pidfd(), POLLIN, 0}, {events_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}}};
      poll(items.data(), items.size(), static_cast<int>(kLook.count()));
      sample(child);
      read_all();
      if (items[0].revents != 0) return;
      end_.ended = verdict(steady_clock::now());
      if (end_.ended != Ended::by_itself) break;
    }
    child.kill(SIGKILL);
  }

  Ended verdict(SteadyTime now) const {
    if (limits_.deadline && now >= *limits_.deadline) return Ended::past_deadline;
    if (limits_.stall.count() != 0 && now - heard_ >= limits_.stall) return Ended::stalled;
    return Ended::by_itself;
  }

  void sample(const Child& child) {
    memory_.sample();
    const ProcessMemory now = read_process_memory(child.pid());
    peak_.peak_rss_kib = std::max(peak_.peak_rss_kib, now.peak_rss_kib);
    peak_.anon_kib = std::max(peak_.anon_kib, now.anon_kib);
  }

  void read_all() {
    // A closed pipe would make poll return at once, for ever.
    if (events_ && !read_lines(events_, event_lines_, [this](std::string_view line) { on_event(line); }))
      events_.reset();
    if (output_ && !read_lines(output_, output_lines_, [this](std::string_view line) { on_output(line); }))
      output_.reset();
  }

  void on_event(std::string_view line) {
    const Result<Event> event = protocol::event_from_line(line);
    if (!event) return;  // the cut or damaged line of a dying worker
    heard_ = steady_clock::now();
    if (event->kind == EventKind::done) end_.done = true;
    if (event->kind == EventKind::failed) on_failed(*event);
    if (event->kind == EventKind::step) end_.last_step = event->text;
    listener_.on_event(*event);
  }

  void on_failed(const Event& event) {
    end_.failed = event.text;
    end_.target_full = event.number == 1;
  }

  void on_output(std::string_view line) {
    end_.last_output = line;
    listener_.on_output(line);
  }

  AttemptOutcome outcome() const {
    AttemptOutcome outcome;
    const std::string reason = why_failed(end_);
    const bool full = end_.target_full && reason == end_.failed;
    if (!reason.empty()) outcome.status = fail(full ? ErrorKind::no_space : ErrorKind::failure, "{}", reason);
    outcome.left_behind = end_.exit.timed_out;
    outcome.cannot_start = !outcome.status && end_.exit.code == kExecFailed;
    outcome.peak_rss_kib = peak_.peak_rss_kib;
    outcome.peak_anon_kib = peak_.anon_kib;
    return outcome;
  }

  const AttemptLimits& limits_;
  WorkerListener& listener_;
  MemoryWatch& memory_;
  SteadyTime heard_;  // when the last event came
  WorkerEnd end_;
  ProcessMemory peak_;
  UniqueFd events_;
  UniqueFd output_;
  protocol::LineReader event_lines_;
  protocol::LineReader output_lines_;
};

std::string during(const WorkerEnd& end) { return end.last_step.empty() ? "" : " during: " + end.last_step; }

std::string ended_by_us(const WorkerEnd& end) {
  std::string text = end.ended == Ended::stalled
                         ? fmt::format("no progress for {}{}",
                                       human_seconds(static_cast<uint64_t>(end.stall.count())), during(end))
                         : "not finished by its deadline" + during(end);
  text += end.exit.timed_out ? "; it is stuck in the kernel and was left behind" : "; it was killed";
  return text;
}

std::string could_not_start(const WorkerEnd& end) {
  const std::string library = missing_library(end.last_output);
  if (library.empty()) return "cannot start: " + end.last_output;
  return fmt::format("cannot start: {}: rebuild the image with kdumpctl rebuild", library);
}

std::string killed(const WorkerEnd& end) {
  if (end.exit.signal == SIGKILL && end.out_of_memory)
    return "out of memory: the kernel killed it" + during(end) +
           "; a larger crashkernel= reservation would help";
  return end.exit.describe() + during(end);
}

}  // namespace

std::string missing_library(std::string_view output) {
  constexpr std::string_view kLoader = "error while loading shared libraries: ";
  const size_t at = output.find(kLoader);
  if (at == std::string_view::npos) return {};
  return std::string(output.substr(at + kLoader.size()));
}

std::string why_failed(const WorkerEnd& end) {
  if (end.done) return {};  // it says so when all is synced: how it ended after that changes nothing
  if (end.ended != Ended::by_itself) return ended_by_us(end);
  if (end.exit.signal != 0) return killed(end);
  if (!end.failed.empty()) return end.failed;
  if (end.exit.code == kExecFailed) return could_not_start(end);
  if (!end.exit.succeeded())
    return end.exit.describe() + (end.last_output.empty() ? "" : ": " + end.last_output);
  return "ended without having done its work";
}

AttemptOutcome run_attempt(const std::string& program, const protocol::Request& request,
                           const AttemptLimits& limits, WorkerListener& listener, MemoryWatch& memory) {
  Result<AttemptOutcome> outcome = Attempt(limits, listener, memory).run(program, request);
  if (outcome) return std::move(*outcome);
  AttemptOutcome failed;
  failed.status = Failure(outcome.error());
  return failed;
}

}  // namespace kdump::capture
