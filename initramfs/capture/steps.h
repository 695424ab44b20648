// SPDX-License-Identifier: GPL-2.0-or-later
// How a step is run: told to the console, timed, recorded, and held to its deadline.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "initramfs/capture/console.h"
#include "initramfs/capture/record.h"
#include "initramfs/capture/system.h"

namespace kdump::capture {

// Where the dumps of a target go.
struct Attached {
  std::string mount_point{};  // empty where nothing is mounted
  std::string directory;      // as protocol::Request has it
};

class Steps final : public WorkerListener {
 public:
  using Body = std::function<Status()>;

  Steps(System& system, Console& console, Record& record)
      : system_(system), console_(console), record_(record) {}

  [[nodiscard]] System& system() const { return system_; }

  // The plan, checked; a step too.
  Result<plan::Plan> read_plan();
  // From here on the plan's overall deadline runs.
  void begin(const plan::Plan& plan);

  // Runs a step; its error has the step's name in front.
  Status run(const std::string& name, const Body& body);
  // The same for a step without which the capture goes on.
  void warn_if_failed(const std::string& name, const Body& body);
  void warn_if_error(const Status& status);
  void warn_if_any(const std::string& warning);
  // One run of the worker for the target that is attached.
  Status work(protocol::Mode mode, const plan::Plan& plan,
              protocol::IfFull if_full = protocol::IfFull::give_up);
  // The end of the dead kernel's log to the console, by whichever worker starts.
  Status show_log(const plan::Plan& plan);

  // Says what became of the watchdogs of the plan, which begin() takes over. They are fed while a step is
  // within the limit it asks for below, and while a worker reports something within its stall timeout.
  void tell_watchdogs(const plan::Plan& plan);
  // For as long as somebody sits at the console.
  void feed_watchdogs_for_long();
  // From here on a machine that hangs is reset, unless it is to stand still.
  void leave_watchdogs(plan::Action action);

  // `limit` from now, but not beyond the overall deadline. A limit of 0 means the overall deadline alone.
  [[nodiscard]] SteadyTime within(std::chrono::seconds limit) const;
  // `limit` from now whatever the overall deadline: for what must be done after it too.
  [[nodiscard]] SteadyTime after(std::chrono::seconds limit) const;

  // What one target's attempt consists of; its record is closed by end_target. `index` is the target's for
  // the worker.
  void begin_target(const plan::Target& target, size_t index);
  void target_found(const std::string& device);
  // Dumps can go there now; `dump_directory` is this dump's there, when there is one from before.
  void target_attached(const Attached& where, const std::string& dump_directory);
  void end_target(const Status& dumped);
  // Whether there is a dump, and if not, why; told and recorded.
  void decide(const Status& dumped);

  // Its output and its end go to the console; a hook that does not end with status 0 is a warning and an
  // error.
  Result<ExitState> run_hook(const std::vector<std::string>& argv, std::chrono::seconds limit);
  void say(std::string_view text) { console_.say(text); }
  // What the result says, in a few lines.
  void summarize();

  [[nodiscard]] bool saved() const { return record_.saved; }
  // At the target that is attached:
  [[nodiscard]] bool log_saved() const { return record_.target().has_file("vmcore-dmesg.txt"); }
  [[nodiscard]] bool has_directory() const { return !dump_directory_.empty(); }
  [[nodiscard]] const std::string& dump_directory() const { return dump_directory_; }
  [[nodiscard]] bool worker_left_behind() const { return worker_left_behind_; }
  [[nodiscard]] bool worker_starts(const plan::Target& target) const;

  void on_event(const protocol::Event& event) override;
  void on_output(std::string_view line) override;

 private:
  [[nodiscard]] protocol::Request request_for(protocol::Mode mode) const;
  [[nodiscard]] AttemptLimits limits(protocol::Mode mode, const plan::Plan& plan) const;
  AttemptOutcome run_worker(const std::string& program, const protocol::Request& request,
                            const AttemptLimits& limits);
  SteadyTime feed_until(SteadyTime time, std::chrono::seconds limit) const;
  void warn(const std::string& text);
  void on_directory(const protocol::Event& event);
  void on_step(const protocol::Event& event);
  void on_progress(const protocol::Event& event);
  void on_note(const protocol::Event& event);
  void on_saved(const protocol::Event& event);
  void on_summary(const protocol::Event& event);

  System& system_;
  Console& console_;
  Record& record_;
  std::optional<SteadyTime> overall_;
  const plan::Target* target_ = nullptr;  // that is attached
  size_t target_index_ = 0;
  Attached attached_;
  std::string dump_directory_;  // on it, with the mount point in front
  SteadyTime target_began_;
  std::chrono::seconds stall_{0};  // of the worker that runs
  std::string told_failure_;
  bool worker_left_behind_ = false;
  std::set<std::string> cannot_start_;  // of the workers
  bool raw_output_ = false;             // the worker prints the log, not messages
  std::string speaker_ = "worker";
};

}  // namespace kdump::capture
