// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/smaller_dump.h"

#include "makedumpfile/refilter.h"

namespace kdump {
namespace {

// A filter made for a low level may not have looked at all that a high one needs; a kernel that does not tell
// pages apart leaves zero pages at most.
void use_level(Dump& dump, int level) {
  DumpReport& report = dump.report;
  Result<PageFilter> filter = PageFilter::create(dump.kernel, level);
  if (filter && filter->max_pfn() == dump.filter.max_pfn()) {
    dump.filter = std::move(*filter);
    report.dump_level = level;
    report.reasons.clear();  // the self-check has its say again
  } else {
    report.dump_level = (report.dump_level & ~dump_level::kZero) | (level & dump_level::kZero);
  }
}

}  // namespace

std::vector<SmallerDump> smaller_dumps(const Dump& dump) {
  std::vector<SmallerDump> all;
  for (const int level : dump.request.next_levels)
    all.push_back({level | earlier_level(dump.kernel.vmcore()), CopyOrder::ascending});
  if (dump.request.smaller_if_full) all.push_back({dump_level::kMax, CopyOrder::important_first});
  return all;
}

Status begin_smaller_dump(Dump& dump, const SmallerDump& smaller, const Error& full) {
  DumpReport& report = dump.report;
  dump.too_large.push_back(fmt::format("no space for a dump of level {}: {} of {} pages written",
                                       report.dump_level, report.pages_written,
                                       report.pages_written + report.pages_missing));
  for (DumpPart& part : dump.parts) {
    TRY(part.writer->restart());
    part.vital_pages_saved = false;
  }
  use_level(dump, smaller.level);
  report.target_full = true;
  report.reasons.insert(report.reasons.begin(), dump.too_large.begin(), dump.too_large.end());
  report.pages_written = report.pages_missing = 0;
  dump.order = dump.writer().any_order() ? smaller.order : CopyOrder::ascending;
  dump.observer.note(fmt::format("A smaller dump is written in place of this one: {}", full.message()));
  return {};
}

}  // namespace kdump
