// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/smaller_dump.h"

namespace kdump {
namespace {

// A filter made for a low level may not have looked at all that a high one needs; a kernel that does not tell
// pages apart stays at level 1.
void raise_level(Dump& dump) {
  DumpReport& report = dump.report;
  Result<PageFilter> filter = PageFilter::create(dump.kernel, dump_level::kMax);
  if (filter && filter->max_pfn() == dump.filter.max_pfn()) {
    dump.filter = std::move(*filter);
    report.dump_level = dump_level::kMax;
    report.reasons.clear();  // the self-check has its say again
  } else {
    report.dump_level |= dump_level::kZero;
  }
}

}  // namespace

Status begin_smaller_dump(Dump& dump, const Error& full) {
  DumpReport& report = dump.report;
  const int level = report.dump_level;
  for (const DumpPart& part : dump.parts) TRY(part.writer->restart());
  raise_level(dump);
  report.target_full = true;
  report.reasons.insert(report.reasons.begin(),
                        fmt::format("no space for a dump of level {}: {} of {} pages written", level,
                                    report.pages_written, report.pages_written + report.pages_missing));
  report.pages_written = report.pages_missing = 0;
  if (dump.writer().any_order()) dump.order = CopyOrder::important_first;
  dump.observer.note(fmt::format("A smaller dump is written in place of this one: {}", full.message()));
  return {};
}

}  // namespace kdump
