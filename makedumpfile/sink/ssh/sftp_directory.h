// SPDX-License-Identifier: GPL-2.0-or-later
// A dump's directory over SFTP: works with ForceCommand internal-sftp, and with random access the result is a
// plain vmcore.
#pragma once

#include <memory>
#include <string>

#include "makedumpfile/sink/remote/remote_directory.h"
#include "makedumpfile/sink/ssh/ssh_session.h"

namespace kdump {

// Makes `parent` with all above it where it is missing, and in it `name` (mode 0700), with "-2" … behind it
// where that is taken. `session` must outlive the result. ErrorKind::unsupported where the server has no
// SFTP.
Result<std::unique_ptr<RemoteDirectory>> open_sftp_directory(SshSession& session, const std::string& parent,
                                                             const std::string& name);
// The same for a directory that is there: that of the same dump, made earlier.
Result<std::unique_ptr<RemoteDirectory>> reopen_sftp_directory(SshSession& session, const std::string& path);

}  // namespace kdump
