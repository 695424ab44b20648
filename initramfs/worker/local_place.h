// SPDX-License-Identifier: GPL-2.0-or-later
// A directory of a filesystem that kdump-capture has mounted.
#pragma once

#include "initramfs/worker/place.h"

namespace kdump::worker {

Result<std::unique_ptr<Place>> open_local_place(const Errand& errand);

}  // namespace kdump::worker
