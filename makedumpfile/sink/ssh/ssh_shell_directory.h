// SPDX-License-Identifier: GPL-2.0-or-later
// A dump's directory where there is no SFTP: made by commands, filled by `cat` or by the SCP protocol. Both
// take one byte after the other.
#pragma once

#include <memory>
#include <string>

#include "makedumpfile/sink/remote/remote_directory.h"
#include "makedumpfile/sink/ssh/ssh_session.h"

namespace kdump {

enum class ShellTransfer {
  cat,  // any number of bytes: a flattened dump
  scp,  // a copy of /proc/vmcore; what has no known size goes by cat
};

// Makes `parent` with all above it where it is missing, and in it `name` (mode 0700), with "-2" … behind it
// where that is taken. `session` must outlive the result.
Result<std::unique_ptr<RemoteDirectory>> open_shell_directory(SshSession& session, ShellTransfer transfer,
                                                              const std::string& parent,
                                                              const std::string& name);
// The same for a directory that is there: that of the same dump, made earlier.
Result<std::unique_ptr<RemoteDirectory>> reopen_shell_directory(SshSession& session, ShellTransfer transfer,
                                                                const std::string& path);

}  // namespace kdump
