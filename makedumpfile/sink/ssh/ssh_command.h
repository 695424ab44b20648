// SPDX-License-Identifier: GPL-2.0-or-later
// What runs on the server, as a channel of libssh2.
#pragma once

#include <memory>
#include <string_view>

#include "makedumpfile/sink/ssh/ssh_channel.h"
#include "makedumpfile/sink/ssh/ssh_connection.h"

namespace kdump::ssh {

// `request` and `what`: "exec" and a command, or "subsystem" and its name. `connection` must outlive the
// result.
Result<std::unique_ptr<SshChannel>> start_command(Connection& connection, std::string_view request,
                                                  std::string_view what);

}  // namespace kdump::ssh
