// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/dump_estimate.h"

#include <algorithm>
#include <optional>

#include "common/text.h"

namespace kdump::service {
namespace {

constexpr uint64_t kKilobyte = 1024;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kDescriptor = 24;  // sizeof(page_desc_t)

// "MemFree:  123 kB"; 0 where the kernel has no such line.
uint64_t bytes_of_line(std::string_view meminfo, std::string_view name) {
  for (const std::string_view line : split_lines(meminfo)) {
    const auto words = split_words(line);
    if (words.size() >= 2 && words[0] == name) return parse_u64(words[1]).value_or(0) * kKilobyte;
  }
  return 0;
}

struct Excluded {
  int bit;
  std::string_view line;
};

constexpr Excluded kExcluded[] = {{16, "MemFree:"}, {8, "AnonPages:"}, {8, "Hugetlb:"},
                                  {4, "Cached:"},   {4, "Buffers:"},   {4, "SwapCached:"}};

// "-d 31", "-d31", "-d 31,16"; of several levels the first.
int level_of(const std::vector<std::string>& collector) {
  for (size_t i = 1; i < collector.size(); ++i) {
    std::string_view value = collector[i];
    if (!value.starts_with("-d")) continue;
    value.remove_prefix(2);
    if (value.empty() && i + 1 < collector.size()) value = collector[i + 1];
    return static_cast<int>(parse_u64(value.substr(0, value.find(','))).value_or(0));
  }
  return 0;
}

bool copies_all(const std::vector<std::string>& collector) {
  return collector.front() == "cp" || collector.front() == "scp";
}

}  // namespace

Result<DumpEstimate> estimate_dump(std::string_view meminfo, const std::vector<std::string>& collector) {
  const uint64_t total = bytes_of_line(meminfo, "MemTotal:");
  if (total == 0) return fail("/proc/meminfo has no MemTotal");
  DumpEstimate estimate{.bytes = total, .level = level_of(collector)};
  if (copies_all(collector)) return estimate;
  for (const Excluded& excluded : kExcluded)
    if ((estimate.level & excluded.bit) != 0)
      estimate.bytes -= std::min(estimate.bytes, bytes_of_line(meminfo, excluded.line));
  estimate.bytes += estimate.bytes / kPage * kDescriptor + total / kPage / 4;
  return estimate;
}

}  // namespace kdump::service
