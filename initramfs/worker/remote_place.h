// SPDX-License-Identifier: GPL-2.0-or-later
// A directory on a server, whatever the protocol.
#pragma once

#include "initramfs/worker/place.h"
#include "makedumpfile/sink/remote/remote_directory.h"

namespace kdump::worker {

// `connection` is what the directory needs to live.
std::unique_ptr<Place> remote_place(const Errand& errand, std::shared_ptr<void> connection,
                                    std::unique_ptr<RemoteDirectory> directory);

// The name of a new directory for a dump that comes from `source`, an address of this machine.
std::string remote_name(const Errand& errand, const std::string& source);

}  // namespace kdump::worker
