// SPDX-License-Identifier: GPL-2.0-or-later
// The worker for SSH servers.
#include "initramfs/worker/run.h"
#include "initramfs/worker/ssh_place.h"

int main() {
  using namespace kdump;
  static constexpr worker::Route kRoutes[] = {{plan::Way::ssh, worker::open_ssh_place}};
  return worker::run_worker(kRoutes);
}
