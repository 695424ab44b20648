// SPDX-License-Identifier: GPL-2.0-or-later
// How tight memory got: the figures of /proc that the result file and the words about a dead worker need.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "initramfs/capture/system.h"

namespace kdump::capture {

// The value of "NAME:   123 kB" (/proc/meminfo, /proc/PID/status) or "NAME 123" (/proc/vmstat).
std::optional<uint64_t> field_of(std::string_view text, std::string_view name);

struct ProcessMemory {
  uint64_t peak_rss_kib = 0;  // VmHWM
  uint64_t anon_kib = 0;      // RssAnon + RssShmem
};

ProcessMemory process_memory(std::string_view proc_status);

// Reads /proc, which must be mounted; what cannot be read stays as it was.
class MemoryWatch {
 public:
  void sample();
  [[nodiscard]] MemoryFigures figures() const { return figures_; }

 private:
  MemoryFigures figures_;
};

ProcessMemory read_process_memory(pid_t pid);
// Processes the kernel has killed for want of memory since it booted.
uint64_t read_oom_kills();

}  // namespace kdump::capture
