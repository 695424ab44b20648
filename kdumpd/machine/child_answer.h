// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "common/error.h"

namespace kdump::service {

// Asks a child of its own and gives back what it answers, be it an error: for questions that may hang in the
// kernel or crash in a library, and for what should happen in a mount namespace of its own. Past the deadline
// ErrorKind::timed_out, and the child is killed.
Result<std::string> ask_child(std::chrono::seconds patience,
                              const std::function<Result<std::string>()>& body);

}  // namespace kdump::service
