// SPDX-License-Identifier: GPL-2.0-or-later
// What happens after a panic. capture.cc is the step list: read it first.
#pragma once

#include "initramfs/capture/console.h"
#include "initramfs/capture/record.h"
#include "initramfs/capture/system.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {

// Runs the whole capture, telling the console; what is to be done with the machine afterwards. `record` comes
// with what is known before the plan is (versions, times) and goes out complete.
plan::Action capture(System& system, Console& console, Record& record);

}  // namespace kdump::capture
