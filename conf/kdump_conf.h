// SPDX-License-Identifier: GPL-2.0-or-later
// The reader of /etc/kdump.conf.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"
#include "conf/config.h"
#include "conf/diagnostic.h"

namespace kdump::conf {

struct ParsedConfig {
  Config config;  // what was right, defaults for the rest
  Diagnostics diagnostics;

  [[nodiscard]] bool valid() const { return !has_errors(diagnostics); }
};

ParsedConfig parse_config(std::string_view text);

// Error only when the file cannot be read; what is wrong in it is in the diagnostics.
Result<ParsedConfig> read_config(const std::string& path);

}  // namespace kdump::conf
