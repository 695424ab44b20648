// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/select_pages.h"

#include "makedumpfile/dump_details.h"
#include "makedumpfile/filter/self_check.h"
#include "makedumpfile/refilter.h"
#include "makedumpfile/pipeline/zero_runs.h"

namespace kdump {
namespace {

// From now on these rules hold (dump_level.h): for the filter, in the header and in the report.
void use_rules(Dump& dump, int rules) {
  dump.filter.apply(rules);
  dump.report.dump_level = rules & dump_level::kMax;
  dump.report.keeps_offline = (rules & dump_level::kKeepOffline) != 0;
  dump.report.keeps_hwpoison = (rules & dump_level::kKeepHwpoison) != 0;
  dump.writer->set_dump_level(dump.report.dump_level | earlier_level(dump.kernel.vmcore()));
}

enum class Bitmaps { write, only_count };

// Counts the pages of each class; the number of pages to copy.
Result<uint64_t> classify_pages(Dump& dump, Bitmaps bitmaps) {
  uint64_t dumpable = 0;
  DumpReport& report = dump.report;
  report.pages = {};
  report.earlier = {};
  report.rescued = {};
  report.evidence = {};
  report.pages_total = 0;
  report.unclassified = 0;
  ProgressGate progress(dump.observer);
  dump.observer.step("Excluding unnecessary pages", report.max_pfn);
  const auto visit = [&](const WindowResult& window) -> Status {
    report.pages += window.counts;
    report.earlier += window.earlier;
    report.rescued += window.rescued;
    report.evidence += window.evidence;
    report.pages_total += window.existing.count();
    report.unclassified += window.unclassified;
    dumpable += window.dumpable.count();
    progress(window.existing.window().end.value());
    if (bitmaps == Bitmaps::only_count) return {};
    return dump.writer->write_bitmaps(window.existing.window().begin, window.existing.bytes(),
                                      window.dumpable.bytes());
  };
  const bool without_zeros = dump.writer->leaves_out_zeros() && (report.dump_level & dump_level::kZero) != 0;
  const auto refine = [&dump](WindowResult& window) {
    leave_out_zero_runs(dump.kernel.vmcore(), dump.kernel.page_size(), window);
  };
  TRY(dump.scan.first_pass(visit, without_zeros ? WindowScan::Refine(refine) : nullptr));
  dump.observer.progress(report.max_pfn);
  return dumpable;
}

}  // namespace

Result<uint64_t> select_pages(Dump& dump) {
  const auto start = Clock::now();
  const KernelCounters counters = read_kernel_counters(dump.kernel);
  for (const std::string& missing : counters.missing) dump.observer.debug(missing);
  std::vector<std::string>& reasons = dump.report.reasons;
  int rules = apply_findings(dump.report.dump_level, check_facts(dump.kernel.facts()), reasons);
  uint64_t dumpable = 0;
  for (bool settled = false; !settled;) {
    use_rules(dump, rules);
    if (dump.writer->rewritable()) TRY(dump.writer->write_header());
    dumpable = TRY(classify_pages(dump, dump.writer->rewritable() ? Bitmaps::write : Bitmaps::only_count));
    const DumpReport& report = dump.report;
    ClassCounts of_kernel = report.pages;  // with what is missing in the input
    of_kernel += report.earlier;
    const int next = apply_findings(
        rules, check_classified(rules, of_kernel, report.rescued, report.evidence, counters), reasons);
    settled = next == rules;
    rules = next;
  }
  if (!dump.writer->rewritable()) {
    TRY(dump.writer->write_header());
    dumpable = TRY(classify_pages(dump, Bitmaps::write));
  }
  tell_findings(dump.report, dump.observer);
  dump.report.classify_seconds += seconds_since(start);
  return dumpable;
}

}  // namespace kdump
