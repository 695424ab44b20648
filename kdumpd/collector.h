// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "common/error.h"

namespace kdump::service {

// Asks the collector itself (--check-params) whether it takes the words of core_collector.
Status check_collector(const std::vector<std::string>& words);

// The words as the capture side gets them: -F is for remote and raw targets, a local one is never flattened.
std::vector<std::string> local_collector(const std::vector<std::string>& words);

}  // namespace kdump::service
