// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <numeric>

namespace kdump {
namespace {

template <typename T>
std::optional<T> parse_number(std::string_view text, int base) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value, base);
  if (code != std::errc() || stop != end) return std::nullopt;
  return value;
}

constexpr size_t kFarthestSlip = 6;

// Levenshtein distance; `limit` where it is that or more. What lies `limit` or more from the table's diagonal
// is that far off too, and the least of a row never falls from one row to the next.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t from = i > limit ? i - limit : 0, to = std::min(b.size(), i + limit);
    size_t diagonal = row[from];
    row[from] = from == 0 ? i + 1 : limit;
    size_t least = row[from];
    for (size_t j = from; j < to; ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min(substituted, std::min(row[j], row[j + 1]) + 1);
      least = std::min(least, row[j + 1]);
    }
    if (least >= limit) return limit;
  }
  return row.back();
}

}  // namespace

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;
       begin = text.find_first_not_of(kBlanks, begin)) {
    const size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

std::optional<uint64_t> parse_u64(std::string_view text, int base) {
  if (base == 0) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    return hexadecimal ? parse_number<uint64_t>(text.substr(2), 16) : parse_number<uint64_t>(text, 10);
  }
  return parse_number<uint64_t>(text, base);
}

std::optional<int64_t> parse_i64(std::string_view text, int base) {
  return parse_number<int64_t>(text, base);
}

std::optional<uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view kSuffixes = "KMGTPE";
  if (text.empty()) return std::nullopt;
  const auto last = static_cast<char>(std::toupper(static_cast<unsigned char>(text.back())));
  const size_t index = kSuffixes.find(last);
  const bool suffixed = index != std::string_view::npos;
  const size_t shift = suffixed ? 10 * (index + 1) : 0;
  const auto number = parse_u64(suffixed ? text.substr(0, text.size() - 1) : text);
  if (!number || *number > std::numeric_limits<uint64_t>::max() >> shift) return std::nullopt;
  return *number << shift;
}

std::string human_size(uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string grouped(uint64_t number) {
  if (number < 1000) return fmt::format("{}", number);
  return fmt::format("{},{:03}", grouped(number / 1000), number % 1000);
}

std::string human_seconds(uint64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{}m", seconds / 3600, seconds / 60 % 60);
}

std::string hexadecimal(Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

std::string printable(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = byte < 0x20 || byte == 0x7f;
    line += control ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return line;
}

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  // From this on it is another word, not a slip.
  size_t best_distance = std::min(word.size() / 3 + 2, kFarthestSlip);
  for (const std::string_view candidate : candidates) {
    // The distance is at least the difference of the lengths: most candidates need no table.
    const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
    if (longer - shorter >= best_distance) continue;
    const size_t distance = edit_distance(word, candidate, best_distance);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace kdump
