// SPDX-License-Identifier: GPL-2.0-or-later
// A directory on an SSH server: over SFTP where the server has it, else by commands.
#pragma once

#include "initramfs/worker/place.h"

namespace kdump::worker {

Result<std::unique_ptr<Place>> open_ssh_place(const Errand& errand);

}  // namespace kdump::worker
