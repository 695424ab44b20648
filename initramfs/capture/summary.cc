// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/summary.h"

#include "common/text.h"

namespace kdump::capture {
namespace {

uint64_t bytes_from_kib(uint64_t kib) { return kib << 10; }

std::string level_of(const protocol::Summary& dump) {
  if (dump.dump_level == dump.requested_level) return fmt::format("level {}", dump.dump_level);
  return fmt::format("level {} instead of {}", dump.dump_level, dump.requested_level);
}

std::string files_of(const TargetRecord& target) {
  std::string text;
  for (const SavedFile& file : target.files)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", file.name, human_size(file.bytes));
  return text;
}

void add_target(const TargetRecord& target, std::vector<std::string>& lines) {
  if (!target.files.empty())
    lines.push_back(fmt::format("on {}, {}: {}", target.name, target.directory, files_of(target)));
  if (!target.error.empty())
    lines.push_back(fmt::format("not on {} after {:.1f} s: {}", target.name, target.seconds, target.error));
}

void add_dump(const protocol::Summary& dump, std::vector<std::string>& lines) {
  lines.push_back(fmt::format(
      "{} of {} pages in {}, {}, {:.1f} s to look at them, {:.1f} s to copy", grouped(dump.pages_written),
      grouped(dump.pages_total), human_size(dump.bytes_written), level_of(dump),
      static_cast<double>(dump.classify_ms) / 1000, static_cast<double>(dump.copy_ms) / 1000));
  for (const std::string& reason : dump.reasons) lines.push_back("because " + reason);
}

}  // namespace

std::vector<std::string> summary_lines(const Record& record, const MemoryFigures& memory) {
  std::vector<std::string> lines;
  for (const TargetRecord& target : record.targets) add_target(target, lines);
  if (record.has_summary) add_dump(record.summary, lines);
  lines.push_back(fmt::format("memory: {} in all, at least {} available, the worker took {}",
                              human_size(bytes_from_kib(memory.total_kib)),
                              human_size(bytes_from_kib(memory.available_min_kib)),
                              human_size(bytes_from_kib(record.worker_peak_anon_kib))));
  return lines;
}

}  // namespace kdump::capture
