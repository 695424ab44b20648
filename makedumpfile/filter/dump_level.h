// SPDX-License-Identifier: GPL-2.0-or-later
// Bits of the -d option, as makedumpfile(8) has them.
#pragma once

namespace kdump::dump_level {

inline constexpr int kZero = 1, kCache = 2, kPrivateCache = 4, kUser = 8, kFree = 16;
inline constexpr int kMax = 31;

// Not of -d: keep what is otherwise left out at every level, since the facts about it cannot be right.
inline constexpr int kKeepOffline = 32, kKeepHwpoison = 64;

}  // namespace kdump::dump_level
