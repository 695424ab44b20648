// SPDX-License-Identifier: GPL-2.0-or-later
// The service manager, when there is one. Everything here is a no-op or "nothing" without it.
#pragma once

#include <optional>
#include <string>

namespace kdump::service {

// sd_notify(3): "READY=1", "STATUS=…", newline-separated.
void notify_manager(const std::string& state);

// The type of the job that runs for the unit of this process: "stop", "restart", …; nothing when there is
// none, or the manager does not answer.
std::optional<std::string> running_job();

// True when standard error is the journal, which takes priorities ("<3>") from the text.
bool logs_to_journal();

}  // namespace kdump::service
