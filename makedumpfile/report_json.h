// SPDX-License-Identifier: GPL-2.0-or-later
// A dump's report for programs: the schema is in makedumpfile(8), section JSON REPORT.
#pragma once

#include <string>

#include "makedumpfile/dump.h"

namespace kdump {

// Changes when a key changes its meaning or goes; new keys do not change it.
inline constexpr int kReportVersion = 1;

// One line of JSON with its newline. `error`: why the dump failed, empty when it did not.
std::string report_json(const DumpRequest& request, const DumpReport& report, std::string_view error);

// A class as JSON and kdump-result.json spell it: "private_cache".
std::string class_key(PageClass page_class);

}  // namespace kdump
