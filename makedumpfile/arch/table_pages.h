// SPDX-License-Identifier: GPL-2.0-or-later
// The page tables themselves: where they lie.
#pragma once

#include <functional>

#include "makedumpfile/arch/page_table.h"

namespace kdump {

// Tables above the last level that are read at most: with 2 MiB pages these map 64 TiB.
inline constexpr size_t kMaxTables = size_t{1} << 16;

// Calls visit(memory of a table) for every table that can be reached from the root, the root first. A table
// above the last level is read once, however many entries lead to it (KASAN's shadow shares them), so that
// tables in a circle end; a last one is not read, and visited for every entry. Tables that cannot be read are
// visited, and what they lead to is not. Errors: there are more than kMaxTables.
Status for_each_table(const Vmcore& vmcore, const PageTable& table,
                      const std::function<void(PhysRange)>& visit);

}  // namespace kdump
