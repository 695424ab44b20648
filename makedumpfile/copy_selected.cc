// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/copy_selected.h"

#include "makedumpfile/pipeline/copy_pages.h"

namespace kdump {
namespace {

// In one pass over memory, or in one for each degree of importance.
Status copy_in_order(Dump& dump, const EncoderSettings& settings, CopyCounts& counts) {
  const ProgressGate progress(dump.observer);
  const auto next = [&] { return dump.scan.next(); };
  const auto copy = [&](const WantPage& want) {
    dump.scan.rewind();
    return copy_pages(settings, dump.request.num_threads, next, want, *dump.writer, progress, counts);
  };
  const PageWriter& writer = *dump.writer;
  const auto is_stored = [&](Pfn pfn) { return writer.stores(pfn); };
  if (writer.leaves_out_zeros()) return copy(is_stored);
  if (dump.order == CopyOrder::ascending) return copy({});
  const ProtectedPages& own = dump.filter.protected_pages();
  TRY(copy([&](Pfn pfn) { return own.is_vital(pfn); }));
  TRY(dump.writer->checkpoint());
  dump.vital_pages_saved = own.pages() != 0;
  const auto is_struct_pages = [&](Pfn pfn) { return own.contains(pfn) && !own.is_vital(pfn); };
  TRY(copy([&](Pfn pfn) { return !own.contains(pfn); }));
  return copy(is_struct_pages);
}

}  // namespace

Status copy_selected_pages(Dump& dump, uint64_t dumpable) {
  const auto start = Clock::now();
  const EncoderSettings settings{
      .vmcore = &dump.kernel.vmcore(),
      .page_size = dump.kernel.page_size(),
      .codec = dump.request.codec,
      .share_zero_pages = (dump.report.dump_level & dump_level::kZero) != 0,
      .erased = &dump.erasure.memory,
  };
  dump.observer.step("Copying data", dumpable);
  CopyCounts counts;
  Status copied = dump.writer->begin_pages(dumpable, settings.share_zero_pages);
  if (copied) copied = copy_in_order(dump, settings, counts);
  // Where zero pages are left out before, they can be read from the dump all the same.
  const uint64_t left_out = dump.report.pages[PageClass::zero];
  dump.report.pages[PageClass::zero] += counts.zero;
  dump.report.pages[PageClass::unreadable] += counts.lost;
  dump.report.pages_missing = dump.writer->pages_missing();
  dump.report.pages_written = left_out + dumpable - dump.report.pages_missing;
  dump.report.copy_seconds += seconds_since(start);
  TRY(std::move(copied));
  dump.observer.progress(dumpable);
  if (counts.lost != 0) {
    dump.observer.note(fmt::format("{} pages could not be read and are missing in the dump", counts.lost));
  }
  return {};
}

}  // namespace kdump
