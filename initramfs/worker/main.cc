// SPDX-License-Identifier: GPL-2.0-or-later
// The worker for what this machine can mount or open.
#include "initramfs/worker/run.h"

int main() { return kdump::worker::run_worker({}); }
