// SPDX-License-Identifier: GPL-2.0-or-later
// kdump-capture-worker: one attempt at saving something, started by kdump-capture, which outlives it. There
// is one program for each library that a kind of server needs; they differ in their routes alone.
#pragma once

#include <span>

#include "initramfs/worker/save.h"

namespace kdump::worker {

// The whole program; its exit status.
int run_worker(std::span<const Route> server);

}  // namespace kdump::worker
