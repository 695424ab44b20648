// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/select_pages.h"

#include <algorithm>

#include "makedumpfile/dump_details.h"
#include "makedumpfile/filter/self_check.h"
#include "makedumpfile/pipeline/zero_runs.h"
#include "makedumpfile/refilter.h"

namespace kdump {
namespace {

// From now on these rules hold (dump_level.h): for the filter, in the header and in the report.
void use_rules(Dump& dump, int rules) {
  dump.filter.apply(rules);
  dump.report.dump_level = rules & dump_level::kMax;
  dump.report.keeps_offline = (rules & dump_level::kKeepOffline) != 0;
  dump.report.keeps_hwpoison = (rules & dump_level::kKeepHwpoison) != 0;
  const int level = dump.report.dump_level | earlier_level(dump.kernel.vmcore());
  for (const DumpPart& part : dump.parts) part.writer->set_dump_level(level);
}

Status write_headers(Dump& dump) {
  for (const DumpPart& part : dump.parts) TRY(part.writer->write_header());
  return {};
}

Status write_bitmaps(Dump& dump, const WindowResult& window) {
  for (const DumpPart& part : dump.parts) {
    TRY(part.writer->write_bitmaps(window.existing.window().begin, window.existing.bytes(),
                                   window.dumpable.bytes()));
  }
  return {};
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
    return write_bitmaps(dump, window);
  };
  const bool without_zeros = dump.writer().leaves_out_zeros() && (report.dump_level & dump_level::kZero) != 0;
  const auto refine = [&dump](WindowResult& window) {
    leave_out_zero_runs(dump.kernel.vmcore(), dump.kernel.page_size(), window);
  };
  TRY(dump.scan.first_pass(visit, without_zeros ? WindowScan::Refine(refine) : nullptr));
  dump.observer.progress(report.max_pfn);
  return dumpable;
}

// Blocks of the size that was asked for. Else as small as it takes to divide a small machine's memory evenly.
// Always whole words of the bitmap: crash counts a part's descriptors from the word that its first page is in
// (diskdump.c, read_dump_header).
Result<uint64_t> block_pages(const Dump& dump) {
  constexpr uint64_t kLargestBlock = uint64_t{1} << 30;
  constexpr uint64_t kBlocksEach = 1024;
  constexpr uint64_t kWordPages = 64;
  const uint64_t page = dump.kernel.page_size();
  const uint64_t asked = dump.request.splitblock_bytes;
  if (asked % page != 0)
    return fail(ErrorKind::usage, "--splitblock-size: {} KB are no multiple of the page size, {} KB",
                asked >> 10, page >> 10);
  const uint64_t even = dump.report.max_pfn / (kBlocksEach * dump.parts.size());
  const uint64_t pages = asked != 0 ? asked / page : std::min(even, kLargestBlock / page);
  return std::max<uint64_t>(1, (pages + kWordPages - 1) / kWordPages) * kWordPages;
}

Status divide_dump(Dump& dump, uint64_t dumpable) {
  const Pfn end = dump.filter.max_pfn();
  if (dump.parts.size() == 1) {
    dump.parts.front().pages = {{Pfn(), end}, dumpable};
    return {};
  }
  const uint64_t block = TRY(block_pages(dump));
  const std::vector<PartPages> divided =
      TRY(divide_pages(dump.scan.pass(), end, dumpable, dump.parts.size(), block));
  for (size_t i = 0; i < divided.size(); ++i) {
    dump.parts[i].pages = divided[i];
    TRY(dump.parts[i].writer->set_part(divided[i].range, dumpable));
    dump.observer.debug(fmt::format("part {}: pages {:#x} to {:#x}, {} of {}", i + 1,
                                    divided[i].range.begin.value(), divided[i].range.end.value(),
                                    divided[i].dumpable, dumpable));
  }
  return {};
}

}  // namespace

Result<uint64_t> select_pages(Dump& dump) {
  const auto start = Clock::now();
  const KernelCounters counters = read_kernel_counters(dump.kernel);
  for (const std::string& missing : counters.missing) dump.observer.debug(missing);
  std::vector<std::string>& reasons = dump.report.reasons;
  int rules = apply_findings(dump.report.dump_level, check_facts(dump.kernel.facts()), reasons);
  const bool rewritable = dump.writer().rewritable();
  uint64_t dumpable = 0;
  for (bool settled = false; !settled;) {
    use_rules(dump, rules);
    if (rewritable) TRY(write_headers(dump));
    dumpable = TRY(classify_pages(dump, rewritable ? Bitmaps::write : Bitmaps::only_count));
    const DumpReport& report = dump.report;
    ClassCounts of_kernel = report.pages;  // with what is missing in the input
    of_kernel += report.earlier;
    const int next = apply_findings(
        rules, check_classified(rules, of_kernel, report.rescued, report.evidence, counters), reasons);
    settled = next == rules;
    rules = next;
  }
  if (!rewritable) {
    TRY(write_headers(dump));
    dumpable = TRY(classify_pages(dump, Bitmaps::write));
  }
  TRY(divide_dump(dump, dumpable));
  tell_findings(dump.report, dump.observer);
  dump.report.classify_seconds += seconds_since(start);
  return dumpable;
}

}  // namespace kdump
