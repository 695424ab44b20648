// SPDX-License-Identifier: GPL-2.0-or-later
// A directory on an NFS export, by libnfs.
#pragma once

#include "initramfs/worker/place.h"

namespace kdump::worker {

Result<std::unique_ptr<Place>> open_nfs_place(const Errand& errand);

}  // namespace kdump::worker
