// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump_parts.h"

#include <algorithm>

#include "makedumpfile/dump_format.h"

namespace kdump {
namespace {

// The worst of what the parts leave, and where.
struct Remains {
  Leftover leftover = Leftover::nothing;
  std::string places;
};

Remains abandon_parts(Dump& dump) {
  Remains all;
  dump.report.bytes_written = dump.report.pages_missing = 0;
  for (DumpPart& part : dump.parts) {
    const Leftover leftover = part.finished ? Leftover::incomplete : part.writer->abandon();
    dump.report.pages_missing += part.writer->pages_missing();
    if (leftover != Leftover::nothing) dump.report.bytes_written += part.writer->size();
    all.leftover = std::max(all.leftover, leftover);
    const std::string remains = part.place.remains();
    if (!remains.empty()) all.places += (all.places.empty() ? "" : ", ") + remains;
  }
  return all;
}

}  // namespace

std::vector<DumpPart> create_parts(const std::vector<Target>& targets, const DumpRequest& request,
                                   const KernelInfo& kernel, const PageFilter& filter,
                                   const ErasePlan& erasure) {
  std::vector<DumpPart> parts;
  for (const Target& target : targets)
    parts.push_back(
        {.place = *target.place, .writer = create_writer(request, kernel, filter, erasure, *target.place)});
  return parts;
}

// What is likely to fail is done for all before the first gets its name.
Status finish_parts(Dump& dump) {
  for (const DumpPart& part : dump.parts) TRY(part.writer->checkpoint());
  dump.report.bytes_written = 0;
  for (DumpPart& part : dump.parts) {
    if (Status finished = part.writer->finish(); !finished) {
      for (const DumpPart& other : dump.parts)
        if (other.finished) other.place.withdraw();
      return finished;
    }
    part.finished = true;
    dump.report.bytes_written += part.writer->size();
  }
  return {};
}

Failure give_up(Dump& dump, Error error) {
  DumpReport& report = dump.report;
  const uint64_t pages = report.pages_written + report.pages_missing;
  const Remains remains = abandon_parts(dump);
  report.pages_written = pages - report.pages_missing;
  report.remains = remains.places;
  const bool vital = std::ranges::all_of(dump.parts, &DumpPart::vital_pages_saved);
  const std::string missing =
      fmt::format("the incomplete dump stays, {} of {} pages{},", report.pages_written, pages,
                  vital ? " with kernel image, per-CPU areas, stacks and page tables" : "");
  return with_remains(std::move(error), remains.places,
                      remains.leftover == Leftover::incomplete ? missing : "what could be written is");
}

}  // namespace kdump
