// SPDX-License-Identifier: GPL-2.0-or-later
// The whole vmcore, without the dump engine.
#pragma once

#include "initramfs/worker/collector.h"

namespace kdump::worker {

// Every byte of it, into a file "vmcore".
Result<Collected> copy_vmcore(const Errand& errand, Place& place);

// By the administrator's program, which gets the vmcore and the file to write as its last two arguments and
// has done its work when it ends with status 0. Only where a program can write to.
Result<Collected> run_own_program(const Errand& errand, Place& place);

}  // namespace kdump::worker
