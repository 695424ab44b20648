// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/steps.h"

#include <algorithm>

#include "common/text.h"
#include "initramfs/capture/summary.h"
#include "initramfs/plan/way.h"

namespace kdump::capture {
namespace {

using protocol::Event;
using protocol::EventKind;
using protocol::Mode;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kNoLimit{365L * 24 * 3600};
constexpr seconds kGrace{5};             // for ending what has come to its limit
constexpr seconds kWatchdogPatience{3};  // with their drivers

double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

SteadyTime from_now(seconds limit) {
  return steady_clock::now() + (limit.count() == 0 ? kNoLimit : std::min(limit, kNoLimit));
}

std::string worker_for(std::string_view suffix) { return protocol::kWorkerInImage + std::string(suffix); }

// Those that may be in the image, for what any of them can do.
std::set<std::string> workers_of(const plan::Plan& plan) {
  std::set<std::string> workers;
  for (const plan::Target& target : plan.targets) workers.insert(worker_for(plan::worker_suffix(target)));
  if (workers.empty()) workers = {worker_for(""), worker_for("-ssh"), worker_for("-nfs")};
  return workers;
}

}  // namespace

Result<plan::Plan> Steps::read_plan() {
  plan::Plan plan;
  const Status read = run("read plan.json", [&]() -> Status {
    const std::string text = TRY(system_.read_plan());
    plan = TRY(plan::from_json(text));
    return {};
  });
  if (!read) return Failure(read.error());
  return plan;
}

void Steps::begin(const plan::Plan& plan) {
  if (plan.deadlines.overall.count() != 0) overall_ = steady_clock::now() + plan.deadlines.overall;
  record_.plan_version = plan.toolchain_version;
  record_.kernel_release = plan.kernel_release;
  record_.hostname = plan.hostname;
  record_.failure_action = plan.failure_action;
  system_.take_over_watchdogs(plan.watchdogs);
}

Status Steps::run(const std::string& name, const Body& body) {
  console_.say(name);
  const SteadyTime start = steady_clock::now();
  Status status = with_context(body(), "{}", name);
  console_.end_progress();
  record_.steps.push_back({.name = name,
                           .seconds = seconds_since(start),
                           .error = status ? std::string() : status.error().message()});
  return status;
}

void Steps::warn_if_failed(const std::string& name, const Body& body) { warn_if_error(run(name, body)); }

void Steps::warn_if_error(const Status& status) {
  if (!status) warn(status.error().message());
}

void Steps::warn_if_any(const std::string& warning) {
  if (!warning.empty()) warn(warning);
}

void Steps::warn(const std::string& text) {
  record_.warnings.push_back(text);
  console_.say("warning: " + text);
}

// Whoever asks for a limit is about to do what it is for.
SteadyTime Steps::after(seconds limit) const { return feed_until(from_now(limit), limit); }

SteadyTime Steps::within(seconds limit) const {
  return feed_until(overall_ ? std::min(*overall_, from_now(limit)) : from_now(limit), limit);
}

SteadyTime Steps::feed_until(SteadyTime time, seconds limit) const {
  if (limit.count() != 0) system_.feed_watchdogs(time + kGrace);
  return time;
}

void Steps::tell_watchdogs(const plan::Plan& plan) {
  if (plan.watchdogs.empty()) return;
  [[maybe_unused]] const Status told = run("take over the watchdogs", [&]() -> Status {
    record_.watchdogs = system_.watchdogs(within(kWatchdogPatience));
    for (const WatchdogState& state : record_.watchdogs) {
      if (state.error.empty())
        say(fmt::format("watchdog {} is fed; it resets the machine after {} when this hangs", state.identity,
                        human_seconds(static_cast<uint64_t>(state.timeout.count()))));
      else
        warn(fmt::format("watchdog {} may reset the machine before the dump is saved: {}", state.identity,
                         state.error));
    }
    return {};
  });
}

void Steps::feed_watchdogs_for_long() { system_.feed_watchdogs(from_now(seconds(0))); }

void Steps::leave_watchdogs(plan::Action action) {
  if (action == plan::Action::halt)
    system_.stop_watchdogs();
  else
    system_.feed_watchdogs(steady_clock::now());
}

// A target that is tried again goes on with its record.
void Steps::begin_target(const plan::Target& target, size_t index) {
  const std::string name = plan::target_text(target) + " " + target.directory;
  target_began_ = steady_clock::now();
  target_ = &target;
  target_index_ = index;
  attached_ = {};
  dump_directory_.clear();
  worker_left_behind_ = false;
  if (record_.begin_target(name) > 1) console_.say("next target: " + name);
}

void Steps::target_found(const std::string& device) {
  record_.target().device = device;
  console_.say(fmt::format("the target is {} ({})", device, record_.target().name));
}

void Steps::target_attached(const Attached& where, const std::string& dump_directory) {
  attached_ = where;
  dump_directory_ = dump_directory;
}

void Steps::end_target(const Status& dumped) {
  TargetRecord& target = record_.target();
  target.seconds = seconds_since(target_began_);
  target.error = dumped ? std::string() : dumped.error().message();
}

protocol::Request Steps::request_for(Mode mode) const {
  return {.mode = mode,
          .target = target_index_,
          .plan = plan::kPathInImage,
          .config = protocol::kConfigInImage,
          .vmcore = protocol::kVmcore,
          .directory = attached_.directory,
          .dump_directory = dump_directory_,
          .result = mode == Mode::finish ? to_json(record_, system_.memory()) : std::string()};
}

AttemptLimits Steps::limits(Mode mode, const plan::Plan& plan) const {
  const seconds stall = target_ == nullptr ? plan::Target{}.stall : target_->stall;
  // The overall deadline is for the dump; telling why it was missed has to be possible after it.
  if (mode == Mode::dump) return {.stall = stall, .deadline = within(seconds(0))};
  return {.stall = stall, .deadline = after(plan.deadlines.sync)};
}

bool Steps::worker_starts(const plan::Target& target) const {
  return !cannot_start_.contains(worker_for(plan::worker_suffix(target)));
}

AttemptOutcome Steps::run_worker(const std::string& program, const protocol::Request& request,
                                 const AttemptLimits& limits) {
  stall_ = limits.stall;
  feed_until(from_now(stall_), stall_);
  AttemptOutcome outcome = system_.run_worker(program, request, limits, *this);
  console_.end_progress();
  worker_left_behind_ = worker_left_behind_ || outcome.left_behind;
  if (outcome.cannot_start) cannot_start_.insert(program);
  record_.worker_peak_rss_kib = std::max(record_.worker_peak_rss_kib, outcome.peak_rss_kib);
  record_.worker_peak_anon_kib = std::max(record_.worker_peak_anon_kib, outcome.peak_anon_kib);
  return outcome;
}

Status Steps::work(Mode mode, const plan::Plan& plan, protocol::IfFull if_full) {
  const std::string program = worker_for(plan::worker_suffix(*target_));
  const std::string name = program.substr(program.rfind('/') + 1);
  if (cannot_start_.contains(program)) return fail("not possible without {}, which cannot start", name);
  raw_output_ = false;
  protocol::Request request = request_for(mode);
  request.if_full = if_full;
  return with_context(run_worker(program, request, limits(mode, plan)).status, "{}", name);
}

Status Steps::show_log(const plan::Plan& plan) {
  target_ = nullptr;
  Status shown = fail("not possible without a worker, and none can start");
  for (const std::string& program : workers_of(plan)) {
    if (cannot_start_.contains(program)) continue;
    raw_output_ = true;
    const AttemptOutcome outcome =
        run_worker(program, request_for(Mode::console_log), limits(Mode::console_log, plan));
    raw_output_ = false;
    shown = with_context(outcome.status, "{}", program.substr(program.rfind('/') + 1));
    if (!outcome.cannot_start) break;
  }
  return shown;
}

void Steps::summarize() {
  for (const std::string& line : summary_lines(record_, system_.memory())) console_.say(line);
}

Result<ExitState> Steps::run_hook(const std::vector<std::string>& argv, seconds limit) {
  Result<ExitState> ended = fail("not run");
  raw_output_ = false;
  speaker_ = argv.front();
  const Status status = run("hook " + argv.front(), [&]() -> Status {
    ended = system_.run_hook(argv, after(limit), *this);
    if (!ended) return Failure(ended.error());
    if (ended->succeeded()) return {};
    return fail("{}", ended->describe());
  });
  speaker_ = "worker";
  warn_if_error(status);
  return ended;
}

void Steps::decide(const Status& dumped) {
  if (dumped) {
    record_.set_saved();
    return;
  }
  record_.saved = false;
  record_.failure = dumped.error().message();
  if (record_.failure == told_failure_) return;
  told_failure_ = record_.failure;
  console_.say("no dump: " + record_.failure);
}

void Steps::on_directory(const Event& event) {
  dump_directory_ = event.text;
  std::string& directory = record_.target().directory;
  const std::string& mount_point = attached_.mount_point;
  directory = event.text.starts_with(mount_point) ? event.text.substr(mount_point.size()) : event.text;
  console_.say("saving to " + directory);
}

void Steps::on_saved(const Event& event) {
  console_.finish_progress();
  record_.target().files.push_back({.name = event.text, .bytes = event.number});
  console_.say(fmt::format("saved {} ({})", event.text, human_size(event.number)));
}

void Steps::on_summary(const Event& event) {
  console_.finish_progress();
  record_.summary = event.summary;
  record_.has_summary = true;
  console_.say(
      fmt::format("{} of {} pages are in the dump", event.summary.pages_written, event.summary.pages_total));
}

void Steps::on_step(const Event& event) {
  console_.finish_progress();
  console_.start_progress(event.text, event.number);
}

// New event = a row. What becomes of `failed` and `done` is the attempt's to say.
void Steps::on_event(const Event& event) {
  using Handler = void (Steps::*)(const Event&);
  struct Row {
    EventKind kind;
    Handler handler;
  };
  feed_until(from_now(stall_), stall_);
  static constexpr Row kRows[] = {
      {EventKind::directory, &Steps::on_directory}, {EventKind::step, &Steps::on_step},
      {EventKind::progress, &Steps::on_progress},   {EventKind::note, &Steps::on_note},
      {EventKind::saved, &Steps::on_saved},         {EventKind::summary, &Steps::on_summary},
  };
  for (const Row& row : kRows) {
    if (row.kind == event.kind) (this->*row.handler)(event);
  }
}

void Steps::on_progress(const Event& event) { console_.progress(event.number); }

void Steps::on_note(const Event& event) { warn(event.text); }

void Steps::on_output(std::string_view line) {
  if (raw_output_) {
    console_.print(line);
  } else {
    console_.say(speaker_ + ": " + std::string(line));
  }
}

}  // namespace kdump::capture
