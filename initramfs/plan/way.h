// SPDX-License-Identifier: GPL-2.0-or-later
// How the capture kernel gets at a target: a matter of its kind and, with NFS, of whose client it is.
#pragma once

#include <string_view>

#include "initramfs/plan/plan.h"

namespace kdump::plan {

enum class Way { filesystem, kernel_nfs, raw, ssh, libnfs };

Way way_to(const Target& target);

// What the name of the worker for it has behind "kdump-capture-worker": "", "-ssh" or "-nfs". Each carries
// the one library its kind of server needs, so that nobody else's image and memory pay for it; all of them do
// what the plain one does.
std::string_view worker_suffix(const Target& target);

// The target that an index of a Request stands for: of the plan's targets with its rootfs behind them;
// nullptr where there is none.
const Target* target_at(const Plan& plan, size_t index);

}  // namespace kdump::plan
