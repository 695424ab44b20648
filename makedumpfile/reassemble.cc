// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/reassemble.h"

#include "makedumpfile/dump_state.h"
#include "makedumpfile/dump_target.h"
#include "makedumpfile/format/merge_parts.h"
#include "makedumpfile/sink/file_sink.h"

namespace kdump {

Result<ReassembleReport> reassemble_dump(std::span<const std::string> parts, const std::string& output,
                                         bool overwrite, DumpObserver& observer) {
  TRY(FileSink::check(output, overwrite));
  const std::unique_ptr<SplitSet> set = TRY(SplitSet::open(parts));
  const std::unique_ptr<FileSink> file = TRY(FileSink::create(output, overwrite));
  ReassembleReport report;
  uint64_t total = 0;
  for (const auto& part : set->parts()) {
    total += part->source().size();
    if (!part->headers().incomplete()) continue;
    report.incomplete = true;
    observer.note(fmt::format("{} is marked incomplete: pages of it may be missing, and {} is marked so, too",
                              part->name(), output));
  }
  observer.step("Copying data", total);
  ProgressGate gate(observer);
  Status merged = [&]() -> Status {
    TRY(merge_parts(*set, *file, [&gate](uint64_t done) { gate(done); }));
    return file->finish();
  }();
  if (merged) {
    observer.progress(total);
    return report;
  }
  if (!file->discard())
    return with_remains(std::move(merged).error(), file->remains(), "what there was of it is");
  return std::unexpected(std::move(merged).error());
}

}  // namespace kdump
