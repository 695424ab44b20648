// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump.h"

#include <chrono>
#include <memory>

#include "common/fd.h"
#include "makedumpfile/filter/page_filter.h"
#include "makedumpfile/filter/self_check.h"
#include "makedumpfile/format/flattener.h"
#include "makedumpfile/format/kdump_header.h"
#include "makedumpfile/format/kdump_writer.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/pipeline/copy_pages.h"
#include "makedumpfile/pipeline/window_scan.h"
#include "makedumpfile/report/dmesg.h"
#include "makedumpfile/sink/fd_stream.h"
#include "makedumpfile/sink/file_sink.h"
#include "makedumpfile/sink/null_sink.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Where the dump goes, and what that stands on.
struct Target {
  std::unique_ptr<Stream> stream;
  std::unique_ptr<RandomAccess> opened;
  RandomAccess* place = nullptr;  // `opened`, or the caller's
};

Result<Target> open_target(const DumpRequest& request) {
  Target target;
  if (request.dry_run) {
    target.opened = std::make_unique<NullSink>();
  } else if (request.destination_stream != nullptr) {
    target.opened = std::make_unique<Flattener>(*request.destination_stream);
  } else if (request.destination != nullptr) {
    target.place = request.destination;
    return target;
  } else if (request.flattened) {
    target.stream = std::make_unique<FdStream>(request.output_fd, "flattened stream");
    target.opened = std::make_unique<Flattener>(*target.stream);
  } else {
    target.opened = TRY(FileSink::create(request.output, request.overwrite));
  }
  target.place = target.opened.get();
  return target;
}

Status check_target(const DumpRequest& request) {
  const bool named =
      !request.flattened && request.destination == nullptr && request.destination_stream == nullptr;
  if (request.dry_run || !named) return {};
  return FileSink::check(request.output, request.overwrite);
}

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

// Passes progress on at most four times a second.
class ProgressGate {
 public:
  explicit ProgressGate(DumpObserver& observer) : observer_(observer) {}

  void operator()(uint64_t done) {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(250)) return;
    last_ = now;
    observer_.progress(done);
  }

 private:
  DumpObserver& observer_;
  Clock::time_point last_ = Clock::now();
};

// What the dump is made from.
void describe_input(const KernelInfo& kernel, DumpObserver& observer) {
  const Vmcore& vmcore = kernel.vmcore();
  observer.debug(fmt::format("{}: kernel '{}', page size {}, phys_base {:#x}, crashed at {}, {} CPUs",
                             vmcore.name(), kernel.release(), kernel.page_size(), kernel.phys_base(),
                             kernel.crash_time(), vmcore.notes().cpu_count()));
  for (const std::string& note : kernel.provider_notes()) observer.debug(note);
  for (const MemorySegment& segment : vmcore.memory_map().segments()) {
    observer.debug(fmt::format("memory {:#x} to {:#x} at offset {:#x}", segment.range.begin.value(),
                               segment.range.end.value(), segment.file_offset));
  }
}

void describe_protected(const ProtectedPages& found, DumpObserver& observer) {
  for (size_t i = 0; i < kProtectionCount; ++i) {
    const auto protection = static_cast<Protection>(i);
    observer.debug(
        fmt::format("protected: {} pages of {}", found.pages(protection), protection_name(protection)));
  }
}

void describe_layout(const KdumpParameters& parameters, DumpObserver& observer) {
  const KdumpLayout layout(parameters.page_size, parameters.max_pfn, parameters.notes->raw().size());
  observer.debug(fmt::format(
      "dump: max_mapnr {:#x}, notes at {:#x}, bitmaps at {:#x} and {:#x}, descriptors at {:#x}",
      parameters.max_pfn.value(), layout.notes, layout.bitmap1, layout.bitmap2, layout.descriptors));
}

// One dump being made: what the steps share.
struct Dump {
  const DumpRequest& request;
  const KernelInfo& kernel;
  DumpObserver& observer;
  PageFilter& filter;
  bool rewritable;  // the output
  WindowScan scan;
  KdumpWriter writer;
  DumpReport& report;
};

// From now on these rules hold (dump_level.h): for the filter, in the header and in the report.
void use_rules(Dump& dump, int rules) {
  dump.filter.apply(rules);
  dump.report.dump_level = rules & dump_level::kMax;
  dump.report.keeps_offline = (rules & dump_level::kKeepOffline) != 0;
  dump.report.keeps_hwpoison = (rules & dump_level::kKeepHwpoison) != 0;
  dump.writer.set_dump_level(dump.report.dump_level);
}

enum class Bitmaps { write, only_count };

// Counts the pages of each class; the number of pages to copy.
Result<uint64_t> classify_pages(Dump& dump, Bitmaps bitmaps) {
  uint64_t dumpable = 0;
  DumpReport& report = dump.report;
  report.pages = {};
  report.rescued = {};
  report.evidence = {};
  report.pages_total = 0;
  report.unclassified = 0;
  ProgressGate progress(dump.observer);
  dump.observer.step("Excluding unnecessary pages", report.max_pfn);
  const auto visit = [&](const WindowResult& window) -> Status {
    report.pages += window.counts;
    report.rescued += window.rescued;
    report.evidence += window.evidence;
    report.pages_total += window.existing.count();
    report.unclassified += window.unclassified;
    dumpable += window.dumpable.count();
    progress(window.existing.window().end.value());
    if (bitmaps == Bitmaps::only_count) return {};
    return dump.writer.write_bitmaps(window.existing.window().begin, window.existing.bytes(),
                                     window.dumpable.bytes());
  };
  TRY(dump.scan.first_pass(visit));
  dump.observer.progress(report.max_pfn);
  return dumpable;
}

// What the struct pages say that the user should know.
void tell_findings(const DumpReport& report, DumpObserver& observer) {
  const Evidence& evidence = report.evidence;
  if (report.unclassified != 0) {
    observer.note(
        fmt::format("{} pages stay in the dump: their struct pages could not be read", report.unclassified));
  }
  if (evidence.bad_batches != 0) {
    observer.note(
        fmt::format("{} stretches of struct pages contradict themselves: their pages stay in the dump",
                    evidence.bad_batches));
  }
  if (const std::string line = describe_self_check(report); !line.empty()) observer.note(line);
}

// The pages to copy, at the highest level at which what is left out can be right; header and bitmaps are
// written. Nothing goes into a stream before the check has passed, at the price of another look at each
// struct page; elsewhere what was written too early is written again.
Result<uint64_t> select_pages(Dump& dump) {
  const auto start = Clock::now();
  const KernelCounters counters = read_kernel_counters(dump.kernel);
  for (const std::string& missing : counters.missing) dump.observer.debug(missing);
  std::vector<std::string>& reasons = dump.report.reasons;
  int rules = apply_findings(dump.report.dump_level, check_facts(dump.kernel.facts()), reasons);
  uint64_t dumpable = 0;
  for (int next = rules;; rules = next) {
    use_rules(dump, rules);
    if (dump.rewritable) TRY(dump.writer.write_header());
    dumpable = TRY(classify_pages(dump, dump.rewritable ? Bitmaps::write : Bitmaps::only_count));
    const DumpReport& report = dump.report;
    next = apply_findings(
        rules, check_classified(rules, report.pages, report.rescued, report.evidence, counters), reasons);
    if (next == rules) break;
  }
  if (!dump.rewritable) {
    TRY(dump.writer.write_header());
    dumpable = TRY(classify_pages(dump, Bitmaps::write));
  }
  tell_findings(dump.report, dump.observer);
  dump.report.classify_seconds = seconds_since(start);
  return dumpable;
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

// The error, with what is left of the output.
Failure with_remains(Error error, const RandomAccess& place, std::string_view what) {
  const std::string remains = place.remains();
  if (remains.empty()) return std::unexpected(std::move(error));
  return make_failure(error.kind(), error.errno_value(),
                      fmt::format("{} ({} in {})", error.message(), what, remains));
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

namespace {

Result<RearrangeReport> rearrange(int input_fd, FileSink& file) {
  const auto read = [input_fd](MutableBytes out) { return read_up_to(input_fd, out); };
  RearrangeReport report{.bytes = TRY(reassemble(read, "flattened stream", file))};
  ByteVector start(kKdumpHeaderBytes);
  const UniqueFd fd = TRY(open_file(file.remains(), O_RDONLY));
  start.resize(TRY(with_context(pread_up_to(fd.get(), start, 0), "{}", file.remains())));
  if (is_kdump(start)) {
    const KdumpHeaderFacts facts = TRY(read_kdump_header(start, report.bytes, file.remains()));
    report.marked_incomplete = facts.incomplete;
  }
  TRY(file.finish());
  return report;
}

}  // namespace

Result<RearrangeReport> rearrange_dump(int input_fd, const std::string& output, bool overwrite) {
  const std::unique_ptr<FileSink> file = TRY(FileSink::create(output, overwrite));
  Result<RearrangeReport> report = rearrange(input_fd, *file);
  if (!report) return with_remains(std::move(report).error(), *file, "what there was of it is");
  return report;
}

namespace {

Status copy_log(const KernelInfo& kernel, const std::function<Status(Bytes)>& write) {
  constexpr size_t kBuffer = size_t{64} << 10;
  std::string text;
  const auto collect = [&](std::string_view line) -> Status {
    text += line;
    if (text.size() < kBuffer) return {};
    TRY(write(bytes_of(std::string_view(text))));
    text.clear();
    return {};
  };
  TRY(read_dmesg(kernel, collect));
  return write(bytes_of(std::string_view(text)));
}

Status save_log(const KernelInfo& kernel, FileSink& file) {
  uint64_t offset = 0;
  const auto append = [&](Bytes text) -> Status {
    TRY(file.write_at(offset, text));
    offset += text.size();
    return {};
  };
  TRY(copy_log(kernel, append));
  return file.finish();
}

}  // namespace

Status write_dmesg(const std::string& vmcore_path, Stream& stream, const NamedFacts& named) {
  const std::unique_ptr<Vmcore> vmcore = TRY(open_vmcore(vmcore_path));
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, named));
  TRY(copy_log(kernel, [&](Bytes text) { return stream.write(text); }));
  return stream.finish();
}

Status write_dmesg(const std::string& vmcore_path, const std::string& output, int fd, bool overwrite,
                   const NamedFacts& named) {
  if (fd >= 0) {
    FdStream stream(fd, "log");
    return write_dmesg(vmcore_path, stream, named);
  }
  TRY(FileSink::check(output, overwrite));
  const std::unique_ptr<Vmcore> vmcore = TRY(open_vmcore(vmcore_path));
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, named));
  const std::unique_ptr<FileSink> file = TRY(FileSink::create(output, overwrite));
  if (Status saved = save_log(kernel, *file); !saved)
    return with_remains(std::move(saved).error(), *file, "the incomplete log is");
  return {};
}

}  // namespace kdump
