// SPDX-License-Identifier: GPL-2.0-or-later
// One dump being made: what its steps share.
#pragma once

#include <chrono>
#include <memory>

#include "makedumpfile/dump.h"
#include "makedumpfile/erase/evaluate.h"
#include "makedumpfile/filter/page_filter.h"
#include "makedumpfile/format/page_writer.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/pipeline/divide_pages.h"
#include "makedumpfile/pipeline/window_scan.h"

namespace kdump {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One file of the dump: all of it, but for --split.
struct DumpPart {
  RandomAccess& place;
  std::unique_ptr<PageWriter> writer;
  PartPages pages{};
  bool finished = false;
  bool vital_pages_saved = false;  // CopyOrder::important_first: ProtectedPages::is_vital
};

enum class CopyOrder { ascending, important_first };

struct Dump {
  const DumpRequest& request;
  const KernelInfo& kernel;
  DumpObserver& observer;
  PageFilter& filter;
  WindowScan scan;
  std::vector<DumpPart> parts;  // of one format
  DumpReport& report;
  const ErasePlan& erasure;
  CopyOrder order = CopyOrder::ascending;
  std::vector<std::string> too_large = {};  // why earlier attempts were not the last

  [[nodiscard]] const PageWriter& writer() const { return *parts.front().writer; }
};

// Passes progress on at most four times a second.
class ProgressGate {
 public:
  explicit ProgressGate(DumpObserver& observer) : observer_(observer) {}

  void operator()(uint64_t done) {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(250)) return;
    last_ = now;
    observer_.progress(done);
  }

 private:
  DumpObserver& observer_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace kdump
