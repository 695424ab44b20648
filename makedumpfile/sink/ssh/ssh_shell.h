// SPDX-License-Identifier: GPL-2.0-or-later
// Small shell scripts on a server, for what is done there without SFTP.
#pragma once

#include <string>
#include <string_view>

#include "makedumpfile/sink/ssh/ssh_session.h"

namespace kdump {

// As one word for a POSIX shell, whatever is in it.
std::string shell_quoted(std::string_view word);

// A command that runs `script` in sh, whatever the user's own shell is.
std::string shell_command(std::string_view script);

// The error of a command that did not succeed; ErrorKind::no_space where it says that the disk is full.
Failure remote_failure(const SshSession& session, const RemoteExit& exit, std::string_view doing);

// Runs a script that prints "kdump:RESULT" as its last line where it succeeds: RESULT. A server that runs
// something else instead (ForceCommand) prints no such thing and is ErrorKind::unsupported.
Result<std::string> run_script(SshSession& session, std::string_view script, std::string_view doing);

}  // namespace kdump
