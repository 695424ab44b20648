// SPDX-License-Identifier: GPL-2.0-or-later
// How much of the heap is in use at most. Counted exactly, by AddressSanitizer's hooks; without it nothing is
// counted.
#pragma once

#include <cstdint>

namespace kdump::test {

// From now on; what is in use already does not count. Once a process begins with it, it stays on.
void watch_heap();
// Bytes beyond those at the last watch_heap().
uint64_t peak_of_heap();
bool heap_is_watched();

}  // namespace kdump::test
