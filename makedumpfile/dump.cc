// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump.h"

#include <algorithm>

#include "makedumpfile/copy_selected.h"
#include "makedumpfile/dump_details.h"
#include "makedumpfile/dump_format.h"
#include "makedumpfile/dump_parts.h"
#include "makedumpfile/dump_state.h"
#include "makedumpfile/dump_target.h"
#include "makedumpfile/kernel/vmcoreinfo_search.h"
#include "makedumpfile/refilter.h"
#include "makedumpfile/report/vtop.h"
#include "makedumpfile/select_pages.h"
#include "makedumpfile/smaller_dump.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {
namespace {

Status save_pages(Dump& dump) {
  const uint64_t dumpable = TRY(select_pages(dump));
  TRY(copy_selected_pages(dump, dumpable));
  return finish_parts(dump);
}

// Again and again, as long as the target is full and there is something smaller to try.
Status make_dump(Dump& dump) {
  Status saved = save_pages(dump);
  for (const SmallerDump& smaller : smaller_dumps(dump)) {
    if (saved || saved.error().kind() != ErrorKind::no_space) return saved;
    if (const Status begun = begin_smaller_dump(dump, smaller, saved.error()); !begun) {
      dump.observer.note(fmt::format("No smaller dump in place of this one: {}", begun.error().message()));
      return saved;
    }
    saved = save_pages(dump);
  }
  return saved;
}

// Facts that cannot be leave levels 0 and 1: a large dump is better than none. Facts that are missing are an
// error, unless it is only the input's own level that needs them.
Result<PageFilter> create_filter(const KernelInfo& kernel, const DumpRequest& request, DumpReport& report) {
  Result<PageFilter> filter = PageFilter::create(kernel, report.dump_level);
  const bool asked_for = request.dump_level > dump_level::kZero;
  if (filter || (filter.error().kind() != ErrorKind::corrupt && asked_for)) return filter;
  report.reasons.push_back(filter.error().message());
  report.dump_level &= dump_level::kZero;
  return PageFilter::create(kernel, report.dump_level);
}

// The bitmaps of a sparse machine are far smaller than its memory; addresses that lie make them larger, and
// going through them would not end.
Status check_extent(const Vmcore& vmcore, Pfn max_pfn) {
  constexpr uint64_t kAlways = uint64_t{256} << 20;  // bytes of bitmaps
  uint64_t memory = 0;                               // bytes
  for (const MemorySegment& segment : vmcore.memory_map().segments()) memory += segment.range.size();
  const uint64_t bitmaps = max_pfn.value() / 8 * 2;
  if (bitmaps <= std::max(memory, kAlways)) return {};
  return fail(ErrorKind::corrupt,
              "{}: {} bytes of memory up to page {:#x}: the bitmaps alone would have {} bytes", vmcore.name(),
              memory, max_pfn.value(), bitmaps);
}

Status open_and_dump(const DumpRequest& request, DumpReport& report, DumpObserver& observer) {
  TRY(check_targets(request));
  const OpenOptions options{.use_mmap = request.use_mmap, .work_dir = request.work_dir};
  const std::unique_ptr<Vmcore> vmcore = with_vmcoreinfo(
      TRY(open_vmcore(request.vmcore, options)), [&observer](std::string_view text) { observer.note(text); });
  report.requested_level = report.dump_level = TRY(refilter_level(request, *vmcore, observer));
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, request.named));
  report.release = kernel.release();
  if (request.vtop) observer.note(describe_translation(kernel, *request.vtop));
  PageFilter filter = TRY(create_filter(kernel, request, report));
  if (filter.max_pfn() == Pfn(0)) return fail(ErrorKind::corrupt, "{}: holds no memory", request.vmcore);
  TRY(check_extent(*vmcore, filter.max_pfn()));
  const ErasePlan erasure = TRY(plan_erasure(request.erase, kernel));
  report.bytes_erased = erasure.memory.bytes();
  describe_input(kernel, observer);
  describe_layout(request, kernel, filter, erasure, observer);
  describe_protected(filter.protected_pages(), observer);
  if (!vmcore->notes().damage().empty()) observer.note(vmcore->notes().damage());
  for (const std::string& gap : filter.gaps()) observer.note(gap);
  for (const std::string& note : erasure.notes) observer.note(note);
  const std::vector<Target> targets = TRY(open_targets(request));

  const auto classify = [&filter](Pfn window) { return filter.classify(window); };
  Dump dump{
      .request = request,
      .kernel = kernel,
      .observer = observer,
      .filter = filter,
      .scan = WindowScan(classify, filter.max_pfn(), request.num_threads),
      .parts = create_parts(targets, request, kernel, filter, erasure),
      .report = report,
      .erasure = erasure,
  };
  dump.report.max_pfn = filter.max_pfn().value();
  dump.report.page_size = kernel.page_size();
  if (Status made = make_dump(dump); !made) return give_up(dump, std::move(made).error());
  return {};
}

}  // namespace

Status write_dump(const DumpRequest& request, DumpReport& report, DumpObserver& observer) {
  report = {};
  report.requested_level = report.dump_level = request.dump_level;
  const auto start = Clock::now();
  Status written = open_and_dump(request, report, observer);
  report.seconds = seconds_since(start);
  return written;
}

}  // namespace kdump
