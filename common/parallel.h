// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>

#include "common/error.h"

namespace kdump {

// Calls work(i) for every i in [0, count) on up to `threads` threads (1 runs in the caller). The error of the
// lowest failing index is returned; indices after a failure may not be visited.
Status parallel_for(size_t count, unsigned threads, const std::function<Status(size_t)>& work);

}  // namespace kdump
