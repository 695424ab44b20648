// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/iomem.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "common/text.h"

namespace kdump::kexec {
namespace {

// The text has inclusive ends; the very last byte of the address space is given up to stay half-open.
PhysAddr exclusive_end(uint64_t last) {
  return PhysAddr(last == std::numeric_limits<uint64_t>::max() ? last : last + 1);
}

std::optional<PhysRange> parse_range(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_u64(text.substr(0, dash), 16);
  const auto last = parse_u64(text.substr(dash + 1), 16);
  if (!first || !last || *last < *first) return std::nullopt;
  return PhysRange{PhysAddr(*first), exclusive_end(*last)};
}

std::optional<IomemEntry> parse_line(std::string_view line) {
  const size_t indent = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(indent);
  const size_t colon = line.find(" : ");
  if (colon == std::string_view::npos) return std::nullopt;
  const auto range = parse_range(line.substr(0, colon));
  if (!range) return std::nullopt;
  return IomemEntry{*range, static_cast<unsigned>(indent / 2), line.substr(colon + 3)};
}

void sort_and_join(std::vector<PhysRange>& ranges) {
  std::ranges::sort(ranges, {}, &PhysRange::begin);
  std::vector<PhysRange> joined;
  for (const PhysRange& range : ranges) {
    if (!joined.empty() && range.begin < joined.back().end) {
      joined.back().end = std::max(joined.back().end, range.end);
    } else {
      joined.push_back(range);
    }
  }
  ranges = std::move(joined);
}

template <typename Predicate>
std::vector<PhysRange> ranges_where(const std::vector<IomemEntry>& entries, Predicate wanted) {
  std::vector<PhysRange> ranges;
  for (const IomemEntry& entry : entries) {
    if (wanted(entry)) ranges.push_back(entry.range);
  }
  sort_and_join(ranges);
  return ranges;
}

}  // namespace

std::vector<IomemEntry> parse_iomem(std::string_view text) {
  std::vector<IomemEntry> entries;
  for (const std::string_view line : split_lines(text)) {
    const auto entry = parse_line(line);
    // A line read twice stands right behind itself: a list that grew shifts by whole lines.
    if (entry && (entries.empty() || entries.back() != *entry)) entries.push_back(*entry);
  }
  return entries;
}

bool addresses_masked(const std::vector<IomemEntry>& entries) {
  const PhysRange hidden{PhysAddr(0), PhysAddr(1)};
  return !entries.empty() &&
         std::ranges::all_of(entries, [&](const IomemEntry& entry) { return entry.range == hidden; });
}

std::vector<PhysRange> crash_kernel_ranges(const std::vector<IomemEntry>& entries) {
  return ranges_where(entries, [](const IomemEntry& entry) { return entry.name == "Crash kernel"; });
}

std::vector<PhysRange> system_ram_ranges(const std::vector<IomemEntry>& entries) {
  return ranges_where(entries,
                      [](const IomemEntry& entry) { return entry.depth == 0 && entry.name == "System RAM"; });
}

}  // namespace kdump::kexec
