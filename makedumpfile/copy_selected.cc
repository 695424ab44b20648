// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/copy_selected.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "common/parallel.h"
#include "makedumpfile/pipeline/copy_pages.h"

namespace kdump {
namespace {

// Parts that are written at once, so that each of several disks has something to do.
constexpr unsigned kPartsAtOnce = 3;

// The copying of all parts: what those who copy share.
struct Copying {
  Dump& dump;
  EncoderSettings settings;
  unsigned threads;  // for one part
  std::atomic<bool> failed = false;
  std::mutex mutex{};  // guards the rest
  uint64_t done = 0;   // pages
  CopyCounts counts{};
  ProgressGate progress;
};

// Adds what was copied of a part since the last call.
void count(Copying& copying, const CopyCounts& counts, uint64_t& told) {
  const std::scoped_lock lock(copying.mutex);
  copying.done += counts.written - told;
  told = counts.written;
  copying.progress(copying.done);
}

// The wanted pages of a part, in one pass over memory.
Status copy_wanted(Copying& copying, DumpPart& part, const WantPage& want) {
  WindowScan::Pass pass = copying.dump.scan.pass(part.pages.range, copying.threads);
  const auto next = [&]() -> Result<const Bitmap*> {
    if (copying.failed) return fail(ErrorKind::cancelled, "another part of the dump failed");
    return pass.next();
  };
  CopyCounts counts;
  uint64_t told = 0;
  const auto progress = [&](uint64_t /*written*/) { count(copying, counts, told); };
  Status copied = copy_pages(copying.settings, copying.threads, next, want, *part.writer, progress, counts);
  const std::scoped_lock lock(copying.mutex);
  copying.counts.zero += counts.zero;
  copying.counts.lost += counts.lost;
  return copied;
}

// In one pass over memory, or in one for each degree of importance.
Status copy_in_order(Copying& copying, DumpPart& part) {
  const auto copy = [&](const WantPage& want) { return copy_wanted(copying, part, want); };
  const PageWriter& writer = *part.writer;
  const auto is_stored = [&](Pfn pfn) { return writer.stores(pfn); };
  if (writer.leaves_out_zeros()) return copy(is_stored);
  if (copying.dump.order == CopyOrder::ascending) return copy({});
  const ProtectedPages& own = copying.dump.filter.protected_pages();
  TRY(copy([&](Pfn pfn) { return own.is_vital(pfn); }));
  TRY(part.writer->checkpoint());
  part.vital_pages_saved = own.pages() != 0;
  const auto is_struct_pages = [&](Pfn pfn) { return own.contains(pfn) && !own.is_vital(pfn); };
  TRY(copy([&](Pfn pfn) { return !own.contains(pfn); }));
  return copy(is_struct_pages);
}

Status copy_part(Copying& copying, DumpPart& part) {
  Status copied = copy_in_order(copying, part);
  if (copied && copying.dump.parts.size() > 1) copied = part.writer->checkpoint();
  if (!copied) copying.failed = true;
  return copied;
}

// A part that was cancelled is not the cause.
Status copy_parts(Copying& copying, unsigned at_once) {
  std::vector<DumpPart>& parts = copying.dump.parts;
  std::vector<Status> results(parts.size());
  TRY(parallel_for(parts.size(), at_once, [&](size_t i) -> Status {
    results[i] = copy_part(copying, parts[i]);
    return {};
  }));
  const auto is_cause = [](const Status& result) {
    return !result && result.error().kind() != ErrorKind::cancelled;
  };
  const auto cause = std::ranges::find_if(results, is_cause);
  return cause == results.end() ? Status() : std::move(*cause);
}

Status begin_parts(Dump& dump, bool shared_zero_page) {
  for (const DumpPart& part : dump.parts)
    TRY(part.writer->begin_pages(part.pages.dumpable, shared_zero_page));
  return {};
}

uint64_t pages_missing(const Dump& dump) {
  uint64_t missing = 0;
  for (const DumpPart& part : dump.parts) missing += part.writer->pages_missing();
  return missing;
}

}  // namespace

Status copy_selected_pages(Dump& dump, uint64_t dumpable) {
  const auto start = Clock::now();
  DumpReport& report = dump.report;
  const EncoderSettings settings{
      .vmcore = &dump.kernel.vmcore(),
      .page_size = dump.kernel.page_size(),
      .codec = dump.request.codec,
      .share_zero_pages = (report.dump_level & dump_level::kZero) != 0,
      .erased = &dump.erasure.memory,
  };
  const auto at_once = static_cast<unsigned>(std::min<size_t>(dump.parts.size(), kPartsAtOnce));
  dump.observer.step("Copying data", dumpable);
  Copying copying{.dump = dump,
                  .settings = settings,
                  .threads = std::max(1U, dump.request.num_threads / at_once),
                  .progress = ProgressGate(dump.observer)};
  Status copied = begin_parts(dump, settings.share_zero_pages);
  if (copied) copied = copy_parts(copying, at_once);
  // Where zero pages are left out before, they can be read from the dump all the same.
  const uint64_t left_out = report.pages[PageClass::zero];
  report.pages[PageClass::zero] += copying.counts.zero;
  report.pages[PageClass::unreadable] += copying.counts.lost;
  report.pages_missing = pages_missing(dump);
  report.pages_written = left_out + dumpable - report.pages_missing;
  report.copy_seconds += seconds_since(start);
  TRY(std::move(copied));
  dump.observer.progress(dumpable);
  if (copying.counts.lost != 0) {
    dump.observer.note(
        fmt::format("{} pages could not be read and are missing in the dump", copying.counts.lost));
  }
  return {};
}

}  // namespace kdump
