// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/time_span.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "common/text.h"

namespace kdump::conf {
namespace {

using std::chrono::seconds;

struct Unit {
  std::string_view name;
  uint64_t seconds;
};

constexpr Unit kUnits[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}};
constexpr uint64_t kLongest = uint64_t{30} * 24 * 3600;

}  // namespace

Result<seconds> parse_time_span(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_u64(text.substr(0, digits));
  const auto* const unit = std::ranges::find(kUnits, text.substr(digits), &Unit::name);
  if (!number || unit == std::end(kUnits))
    return fail(ErrorKind::usage, "\"{}\" is not a time; write for example 90, 90s, 15min or 2h", text);
  if (*number > kLongest / unit->seconds)
    return fail(ErrorKind::usage, "\"{}\" is too long; at most 720h", text);
  return seconds(*number * unit->seconds);
}

}  // namespace kdump::conf
