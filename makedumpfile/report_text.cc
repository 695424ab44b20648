// SPDX-License-Identifier: GPL-2.0-or-later
// A dump's report in the original's words: scripts read them.
#include <fmt/format.h>

#include <utility>

#include "makedumpfile/dump.h"

namespace kdump {
namespace {

// The original's lines of what a dump level leaves out, zero pages first.
constexpr std::pair<const char*, PageClass> kExcluded[] = {
    {"Pages filled with zero  ", PageClass::zero},          {"Non-private cache pages ", PageClass::cache},
    {"Private cache pages     ", PageClass::private_cache}, {"User process data pages ", PageClass::user},
    {"Free pages              ", PageClass::free},          {"Hwpoison pages          ", PageClass::hwpoison},
    {"Offline pages           ", PageClass::offline},
};

}  // namespace

std::string describe_pages(const DumpReport& report) {
  const uint64_t remaining = report.pages_written - report.pages[PageClass::zero];
  std::string text = fmt::format("\nOriginal pages  : {:#018x}\n", report.pages_total);
  text += fmt::format("  Excluded pages   : {:#018x}\n", report.pages_total - remaining);
  ClassCounts pages = report.pages;
  pages[PageClass::free] += pages[PageClass::unaccepted];  // the original has no line of their own
  for (const auto& [words, page_class] : kExcluded) {
    text += fmt::format("    {}: {:#018x}\n", words, pages[page_class]);
  }
  text += fmt::format("  Remaining pages  : {:#018x}\n", remaining);
  if (report.pages_total != 0) {
    text += fmt::format("  (The number of pages is reduced to {}%.)\n", remaining * 100 / report.pages_total);
  }
  text += fmt::format("Memory Hole     : {:#018x}\n", report.max_pfn - report.pages_total);
  text += "--------------------------------------------------\n";
  text += fmt::format("Total pages     : {:#018x}\n", report.max_pfn);
  if (report.pages[PageClass::unreadable] != 0) {
    text += fmt::format("Unreadable pages: {:#018x}\n", report.pages[PageClass::unreadable]);
  }
  return text;
}

std::string describe_self_check(const DumpReport& report) {
  if (report.reasons.empty()) return {};
  std::string text;
  if (report.dump_level != report.requested_level)
    text = fmt::format("dump level lowered from {} to {}", report.requested_level, report.dump_level);
  for (const auto& [keeps, looks] :
       {std::pair(report.keeps_offline, "offline"), std::pair(report.keeps_hwpoison, "poisoned")}) {
    if (keeps) text += fmt::format("{}pages that look {} are kept", text.empty() ? "" : ", ", looks);
  }
  return fmt::format("{}: {}", text, fmt::join(report.reasons, "; "));
}

std::string describe_times(const DumpReport& report) {
  return fmt::format(
      "STEP [Excluding unnecessary pages] : {:.6f} seconds\nSTEP [Copying data               ] : {:.6f} "
      "seconds\n"
      "Write bytes     : {}\n",
      report.classify_seconds, report.copy_seconds, report.bytes_written);
}

}  // namespace kdump
