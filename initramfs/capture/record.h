// SPDX-License-Identifier: GPL-2.0-or-later
// What happened in this capture, as it happens: the content of kdump-result.json.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "initramfs/capture/system.h"

namespace kdump::capture {

struct StepRecord {
  std::string name;
  double seconds = 0;
  std::string error;  // empty: it went well
};

struct SavedFile {
  std::string name;
  uint64_t bytes = 0;
};

// One target of the chain.
struct TargetRecord {
  std::string name;         // "UUID=… /var/crash"
  std::string device{};     // "/dev/vda1" once it was found
  std::string directory{};  // of this dump, from the root of the target's filesystem; empty: none was made
  std::string error{};      // why the dump is not there
  double seconds = 0;
  std::vector<SavedFile> files{};

  [[nodiscard]] bool has_file(std::string_view file) const;
};

struct Record {
  std::string toolchain_version;
  std::string plan_version;  // of the toolchain that made the image
  std::string kernel_release;
  std::string capture_kernel_release;
  std::string hostname;
  double started_unix = 0;                             // seconds since 1970 when PID 1 started
  double started_uptime_seconds = 0;                   // of the capture kernel at that moment
  plan::Action failure_action = plan::Action::reboot;  // what to do when nothing else can be done any more
  bool saved = false;                                  // a whole vmcore is there
  std::string failure;                                 // why not
  std::vector<StepRecord> steps;
  std::vector<std::string> warnings;
  protocol::Summary summary;
  bool has_summary = false;
  std::vector<WatchdogState> watchdogs;
  uint64_t worker_peak_rss_kib = 0;
  uint64_t worker_peak_anon_kib = 0;

  // Those tried so far, in the order they were first tried.
  std::vector<TargetRecord> targets;

  // From here on target() is that of `name`; the number of targets so far.
  size_t begin_target(const std::string& name);
  // The one that is being tried, or was last; an empty one before any.
  [[nodiscard]] TargetRecord& target();
  // The dump is on target().
  void set_saved();
  // The one that the dump is on, or target().
  [[nodiscard]] TargetRecord& main_target();

 private:
  size_t current_ = 0;
  std::optional<size_t> saved_at_;
};

// kdump-result.json, indented, with a newline at its end. Its "version" is 1.
std::string to_json(const Record& given, const MemoryFigures& memory);

}  // namespace kdump::capture
