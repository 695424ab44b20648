// SPDX-License-Identifier: GPL-2.0-or-later
// A bare device: its directory is a name, which the dump's files get when they are taken from it.
#pragma once

#include "initramfs/worker/place.h"

namespace kdump::worker {

Result<std::unique_ptr<Place>> open_raw_place(const Errand& errand);

}  // namespace kdump::worker
