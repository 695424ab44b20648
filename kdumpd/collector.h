// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "common/error.h"

namespace kdump::service {

// Asks the collector itself (--check-params) whether it takes the words of core_collector. cp and scp are the
// capture side's own.
Status check_collector(const std::vector<std::string>& words);

}  // namespace kdump::service
