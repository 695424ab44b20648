// SPDX-License-Identifier: GPL-2.0-or-later
// The values of directives. Each function is a row's `apply`: it checks the value and puts it into the
// config; its error says what would be right. `name` is the directive's own word.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"
#include "conf/config.h"

namespace kdump::conf {

Status apply_path(Config& config, std::string_view name, std::string_view value);
Status apply_target(Config& config, std::string_view name, std::string_view value);
Status apply_fallback(Config& config, std::string_view name, std::string_view value);
Status apply_sshkey(Config& config, std::string_view name, std::string_view value);
Status apply_min_free(Config& config, std::string_view name, std::string_view value);
Status apply_core_collector(Config& config, std::string_view name, std::string_view value);
Status apply_extra_modules(Config& config, std::string_view name, std::string_view value);
Status apply_auto_reset_crashkernel(Config& config, std::string_view name, std::string_view value);
Status apply_timeout(Config& config, std::string_view name, std::string_view value);
Status apply_deadline(Config& config, std::string_view name, std::string_view value);

Status apply_failure_action(Config& config, std::string_view name, std::string_view value);
Status apply_final_action(Config& config, std::string_view name, std::string_view value);
Status apply_hook_timeout(Config& config, std::string_view name, std::string_view value);
Status apply_extra_bins(Config& config, std::string_view name, std::string_view value);

// "/var//crash/" and "var/crash" are both "/var/crash"; the root stays "/".
std::string squeeze_slashes(std::string_view path);
// One absolute path.
Result<std::string> parse_program(std::string_view value);
Result<bool> parse_zero_or_one(std::string_view value);

}  // namespace kdump::conf
