// SPDX-License-Identifier: GPL-2.0-or-later
// A dump's report in the original's words: scripts read them.
#include <fmt/format.h>

#include <algorithm>
#include <span>
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

constexpr size_t kReasonsShown = 3;

uint64_t total_of(const ClassCounts& counts) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kPageClassCount; ++i) sum += counts[static_cast<PageClass>(i)];
  return sum;
}

}  // namespace

uint64_t doubtful_pages(const Evidence& evidence) {
  uint64_t sum = total_of(evidence.bad_batch_doubts) + total_of(evidence.bad_batch_pages);
  for (size_t i = 0; i < kPageClassCount; ++i) sum += evidence.doubtful(static_cast<PageClass>(i));
  return sum;
}

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
  const std::pair<const char*, uint64_t> more[] = {
      {"Protected pages ", report.pages[PageClass::protected_]},
      {"Rescued pages   ", total_of(report.rescued)},
      {"Unaccepted pages", report.pages[PageClass::unaccepted]},
      {"Unreadable pages", report.pages[PageClass::unreadable]},
      {"Excluded earlier", report.pages[PageClass::earlier]},
      {"Doubtful pages  ", doubtful_pages(report.evidence)},
  };
  for (const auto& [words, count] : more) {
    if (count != 0) text += fmt::format("{}: {:#018x}\n", words, count);
  }
  return text;
}

std::string describe_self_check(const DumpReport& report) {
  if (report.reasons.empty()) return {};
  std::string text;
  if (report.dump_level != report.requested_level) {
    const bool raised = (report.dump_level & ~report.requested_level) != 0;
    text = fmt::format("dump level {} from {} to {}", raised ? "raised" : "lowered", report.requested_level,
                       report.dump_level);
  }
  for (const auto& [keeps, looks] :
       {std::pair(report.keeps_offline, "offline"), std::pair(report.keeps_hwpoison, "poisoned")}) {
    if (keeps) text += fmt::format("{}pages that look {} are kept", text.empty() ? "" : ", ", looks);
  }
  const size_t shown = std::min(report.reasons.size(), kReasonsShown);
  text +=
      fmt::format("{}{}", text.empty() ? "" : ": ", fmt::join(std::span(report.reasons).first(shown), "; "));
  if (report.reasons.size() > shown) text += fmt::format("; and {} more", report.reasons.size() - shown);
  return text;
}

std::string describe_times(const DumpReport& report) {
  return fmt::format(
      "STEP [Excluding unnecessary pages] : {:.6f} seconds\nSTEP [Copying data               ] : {:.6f} "
      "seconds\n"
      "Write bytes     : {}\n",
      report.classify_seconds, report.copy_seconds, report.bytes_written);
}

}  // namespace kdump
