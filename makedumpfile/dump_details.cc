// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump_details.h"

namespace kdump {

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

}  // namespace kdump
