// SPDX-License-Identifier: GPL-2.0-or-later
// A dump's directory on an NFS export.
#pragma once

#include <memory>
#include <string>

#include "makedumpfile/sink/nfs/nfs_client.h"
#include "makedumpfile/sink/remote/remote_directory.h"

namespace kdump {

// Makes `name` (mode 0700), with "-2" … behind it where that is taken, in `parent`, which must exist on the
// export, as a local path must. `client` must outlive the result.
Result<std::unique_ptr<RemoteDirectory>> open_nfs_directory(NfsClient& client, const std::string& parent,
                                                            const std::string& name);
// The same for a directory that is there: that of the same dump, made earlier.
Result<std::unique_ptr<RemoteDirectory>> reopen_nfs_directory(NfsClient& client, const std::string& path);

}  // namespace kdump
