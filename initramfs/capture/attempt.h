// SPDX-License-Identifier: GPL-2.0-or-later
// One run of the worker: started, watched, ended if it must be, and its end put into words.
#pragma once

#include <string>

#include "initramfs/capture/memory.h"
#include "initramfs/capture/system.h"

namespace kdump::capture {

// Why the parent ended the worker.
enum class Ended { by_itself, stalled, past_deadline };

// All that is known about a worker that is gone.
struct WorkerEnd {
  ExitState exit;
  Ended ended = Ended::by_itself;
  bool done = false;           // it said it had done everything
  bool out_of_memory = false;  // the kernel killed something for want of memory meanwhile
  std::string failed;          // its own word for the error
  bool target_full = false;    // which is that
  std::string last_step;
  std::string last_output;  // the last line it printed
  std::chrono::seconds stall{0};
};

// Empty when it did what it was asked for.
std::string why_failed(const WorkerEnd& end);

// "libzstd.so.1: cannot open shared object file: …" out of the dynamic loader's words; empty when it is
// something else.
std::string missing_library(std::string_view output);

AttemptOutcome run_attempt(const std::string& program, const protocol::Request& request,
                           const AttemptLimits& limits, WorkerListener& listener, MemoryWatch& memory);

}  // namespace kdump::capture
