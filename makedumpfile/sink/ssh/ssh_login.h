// SPDX-License-Identifier: GPL-2.0-or-later
// From an address to a connection that is verified and logged in.
#pragma once

#include <memory>

#include "makedumpfile/sink/ssh/ssh_connection.h"
#include "makedumpfile/sink/ssh/ssh_target.h"

namespace kdump::ssh {

// As SshSession::connect.
Result<std::unique_ptr<Connection>> log_in(const SshTarget& target);

}  // namespace kdump::ssh
