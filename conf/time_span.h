// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string_view>

#include "common/error.h"

namespace kdump::conf {

// TIME in kdump.conf: "90", "90s", "15min" or "2h", at most 30 days; 0 is allowed.
Result<std::chrono::seconds> parse_time_span(std::string_view text);

}  // namespace kdump::conf
