// SPDX-License-Identifier: GPL-2.0-or-later
// The real worker, run by the code that runs it after a panic, on a little core and a plan of one target.
#pragma once

#include <string>
#include <vector>

#include "initramfs/capture/attempt.h"
#include "initramfs/plan/plan.h"
#include "tests/cli/net/lab.h"

namespace kdump::test {

class WorkerLab : public capture::WorkerListener {
 public:
  // A core of so many pages, one third of them zero, one third noise.
  explicit WorkerLab(uint64_t pages = 300);

  // One run for plan.targets[0], with what the program prints and reports collected.
  capture::AttemptOutcome run(const std::string& program, protocol::Mode mode);
  // The dump that the worker for filesystems makes of the same core with the same words.
  [[nodiscard]] std::string local_dump();
  // The file that a flattened stream stands for.
  [[nodiscard]] std::string rearranged(const std::string& flattened) const;

  plan::Plan plan;             // "makedumpfile -d 1", no target
  std::string dump_directory;  // as the worker told it; goes into later runs
  std::vector<protocol::Event> events;
  std::function<void(const protocol::Event&)> on_progress;
  const Folder& folder() const { return folder_; }

  [[nodiscard]] std::vector<std::string> texts(protocol::EventKind kind) const;
  [[nodiscard]] std::vector<std::string> saved() const { return texts(protocol::EventKind::saved); }

  void on_event(const protocol::Event& event) override;
  void on_output(std::string_view line) override;

 private:
  Folder folder_;
  capture::MemoryWatch memory_;
};

}  // namespace kdump::test
