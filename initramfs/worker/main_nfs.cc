// SPDX-License-Identifier: GPL-2.0-or-later
// The worker for NFS servers by libnfs.
#include "initramfs/worker/nfs_place.h"
#include "initramfs/worker/run.h"

int main() {
  using namespace kdump;
  static constexpr worker::Route kRoutes[] = {{plan::Way::libnfs, worker::open_nfs_place}};
  return worker::run_worker(kRoutes);
}
