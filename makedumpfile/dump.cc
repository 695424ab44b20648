// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump.h"

#include "makedumpfile/dump_details.h"
#include "makedumpfile/dump_state.h"
#include "makedumpfile/dump_target.h"
#include "makedumpfile/pipeline/copy_pages.h"
#include "makedumpfile/select_pages.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {
namespace {

KdumpParameters parameters_of(const DumpRequest& request, const KernelInfo& kernel,
                              const PageFilter& filter) {
  return {
      .page_size = kernel.page_size(),
      .max_pfn = filter.max_pfn(),
      .dump_level = request.dump_level,
      .codec = request.codec,
      .phys_base = kernel.phys_base(),
      .crash_time = kernel.crash_time(),
      .utsname = kernel.utsname(),
      .notes = &kernel.vmcore().notes(),
  };
}

Status copy_dumpable_pages(Dump& dump, uint64_t dumpable) {
  const auto start = Clock::now();
  const EncoderSettings settings{
      .vmcore = &dump.kernel.vmcore(),
      .page_size = dump.kernel.page_size(),
      .codec = dump.request.codec,
      .share_zero_pages = (dump.report.dump_level & dump_level::kZero) != 0,
  };
  dump.observer.step("Copying data", dumpable);
  TRY(dump.writer.begin_pages(dumpable, settings.share_zero_pages));
  const ProgressGate progress(dump.observer);
  const CopyCounts counts = TRY(copy_pages(
      settings, dump.request.num_threads, [&] { return dump.scan.next(); }, dump.writer, progress));
  dump.observer.progress(dumpable);
  if (counts.lost != 0) {
    dump.observer.note(fmt::format("{} pages could not be read and are missing in the dump", counts.lost));
  }
  dump.report.pages[PageClass::zero] = counts.zero;
  dump.report.pages[PageClass::unreadable] = counts.lost;
  dump.report.pages_written = counts.written;
  dump.report.copy_seconds = seconds_since(start);
  return {};
}

Status make_dump(Dump& dump) {
  const uint64_t dumpable = TRY(select_pages(dump));
  TRY(copy_dumpable_pages(dump, dumpable));
  TRY(dump.writer.finish());
  dump.report.bytes_written = dump.writer.size();
  return {};
}

// Facts that cannot be leave levels 0 and 1: a large dump is better than none. Facts that are missing are an
// error.
Result<PageFilter> create_filter(const KernelInfo& kernel, const DumpRequest& request, DumpReport& report) {
  Result<PageFilter> filter = PageFilter::create(kernel, request.dump_level);
  if (filter || filter.error().kind() != ErrorKind::corrupt) return filter;
  report.reasons.push_back(filter.error().message());
  report.dump_level = request.dump_level & dump_level::kZero;
  return PageFilter::create(kernel, report.dump_level);
}

Status open_and_dump(const DumpRequest& request, DumpReport& report, DumpObserver& observer) {
  TRY(check_target(request));
  const std::unique_ptr<Vmcore> vmcore = TRY(open_vmcore(request.vmcore, {.use_mmap = request.use_mmap}));
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, request.named));
  report.release = kernel.release();
  PageFilter filter = TRY(create_filter(kernel, request, report));
  if (filter.max_pfn() == Pfn(0)) return fail(ErrorKind::corrupt, "{}: holds no memory", request.vmcore);
  const KdumpParameters parameters = parameters_of(request, kernel, filter);
  describe_input(kernel, observer);
  describe_layout(parameters, observer);
  describe_protected(filter.protected_pages(), observer);
  if (!vmcore->notes().damage().empty()) observer.note(vmcore->notes().damage());
  for (const std::string& gap : filter.gaps()) observer.note(gap);
  const Target target = TRY(open_target(request));

  const auto classify = [&filter](Pfn window) { return filter.classify(window); };
  Dump dump{
      .request = request,
      .kernel = kernel,
      .observer = observer,
      .filter = filter,
      .rewritable = target.place->rewritable(),
      .scan = WindowScan(classify, filter.max_pfn(), request.num_threads),
      .writer = KdumpWriter(*target.place, parameters),
      .report = report,
  };
  dump.report.max_pfn = filter.max_pfn().value();
  dump.report.page_size = kernel.page_size();
  if (Status made = make_dump(dump); !made) {
    const char* what = dump.writer.abandon() ? "the incomplete dump stays" : "what could be written is";
    report.remains = target.place->remains();
    return with_remains(std::move(made).error(), *target.place, what);
  }
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
