// SPDX-License-Identifier: GPL-2.0-or-later
// Builds the capture image: kdump-capture as /init, its worker with the libraries it needs, the modules for
// the target in load order, plan.json and kdump.conf, as a newc cpio archive compressed with zstd.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/plan/plan.h"

namespace kdump::image {

// A file of the host that is only read.
struct ExtraFile {
  std::string source;
  std::string image_path;
  mode_t mode = 0600;
};

struct Request {
  std::string root;            // prefix of every path read on the host, "" for /; for tests and --root
  std::string kernel_release;  // whose modules go in
  // "/dev/vda1", …: their driver stacks are walked in the root's sysfs, /sys below `root`, never in that of
  // the running system. None walks nothing, for a root that has no sysfs mounted: name the drivers in
  // extra_modules.
  std::vector<std::string> block_devices;
  std::vector<std::string> watchdog_devices;  // "/sys/devices/…": drivers to load before all others
  std::vector<std::string> watchdog_modules;  // the same by name
  std::vector<std::string> extra_modules;     // directive extra_modules
  std::string capture_program = "/usr/lib/kdump/kdump-capture";
  std::string worker_program = "/usr/lib/kdump/kdump-capture-worker";
  std::string config_file = "/etc/kdump.conf";
  std::vector<std::string> programs;  // hooks and the like, with their interpreters and libraries
  std::vector<ExtraFile> files;       // keys and the like
  // Everything but `modules`, which the builder fills in. The driver stacks of its network interfaces are
  // walked in sysfs as those of block devices are; the loopback needs none.
  plan::Plan plan;
};

struct Image {
  std::string path;  // initramfs.img
  uint64_t compressed_bytes = 0;
  uint64_t unpacked_bytes = 0;
  std::vector<std::string> modules;   // module names in load order
  std::vector<std::string> warnings;  // e.g. an extra module that does not exist
};

// Builds into `directory` (usually /var/lib/kdump/<release>): initramfs.img, plan.json and fingerprint.json,
// mode 0600, under temporary names, synced, then renamed; the image before stays as initramfs.img.prev.
Result<Image> build(const Request& request, const std::string& directory);

// Builds just the archive file `output`; for `kdumpctl image build --output FILE`.
Result<Image> build_file(const Request& request, const std::string& output);

// Why the image in `directory` does not fit the request any more: "image missing", "/etc/kdump.conf changed",
// "the plan changed: targets", …; empty when it does. Asks again what an image would be made of and compares
// contents (SHA-256 recorded in fingerprint.json), never times: a new modules.dep or modprobe.d counts when
// it changes what goes in. An error when an image could not be built now.
Result<std::string> why_rebuild(const Request& request, const std::string& directory);

}  // namespace kdump::image
