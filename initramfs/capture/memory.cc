// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/memory.h"

#include <algorithm>

#include "common/file.h"
#include "common/text.h"

namespace kdump::capture {
namespace {

std::string proc_file(const std::string& path) { return read_text_file(path).value_or(std::string()); }

}  // namespace

std::optional<uint64_t> field_of(std::string_view text, std::string_view name) {
  for (const std::string_view line : split_lines(text)) {
    const std::vector<std::string_view> words = split_words(line);
    if (words.size() < 2) continue;
    std::string_view key = words[0];
    if (key.ends_with(':')) key.remove_suffix(1);
    if (key == name) return parse_u64(words[1]);
  }
  return std::nullopt;
}

ProcessMemory process_memory(std::string_view proc_status) {
  return {.peak_rss_kib = field_of(proc_status, "VmHWM").value_or(0),
          .anon_kib =
              field_of(proc_status, "RssAnon").value_or(0) + field_of(proc_status, "RssShmem").value_or(0)};
}

void MemoryWatch::sample() {
  const std::string text = proc_file("/proc/meminfo");
  const std::optional<uint64_t> available = field_of(text, "MemAvailable");
  if (!available) return;
  const bool first = figures_.total_kib == 0;
  figures_.total_kib = field_of(text, "MemTotal").value_or(0);
  figures_.available_min_kib = first ? *available : std::min(figures_.available_min_kib, *available);
}

ProcessMemory read_process_memory(pid_t pid) {
  return process_memory(proc_file(fmt::format("/proc/{}/status", pid)));
}

uint64_t read_oom_kills() { return field_of(proc_file("/proc/vmstat"), "oom_kill").value_or(0); }

}  // namespace kdump::capture
