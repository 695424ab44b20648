// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that has to be known before an image is built and loaded. Reads the host, changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "initramfs/build/image.h"
#include "kdumpd/hooks.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/machine/kernel_image.h"
#include "kdumpd/machine/problems.h"
#include "kdumpd/machine/watchdog.h"
#include "kdumpd/settings.h"
#include "kdumpd/target/probes.h"
#include "kdumpd/target/target.h"

namespace kdump::service {

struct Preparation {
  Settings settings;
  KernelImage kernel;
  std::string command_line;
  std::vector<ResolvedTarget> targets;   // in the order they are tried
  plan::Network network;                 // to reach the remote ones
  std::optional<ResolvedTarget> rootfs;  // for failure_action dump_to_rootfs
  Programs programs;
  std::vector<ActiveWatchdog> watchdogs;
  image::Request request;
  std::string image_directory;  // with the host's prefix
};

// The result counts only when `problems` has no errors afterwards. A target that cannot be used is one only
// where there is no other: with a dead disk or server among its targets a machine is better armed than not.
Preparation prepare(const Host& host, const Probes& probes, Problems& problems);

// The same without what only loading needs: kernel image, command line, the collector's own check.
Preparation prepare_image(const Host& host, const Probes& probes, Problems& problems);

// What `kdumpctl reload` needs: kernel and command line; kdump.conf is not read.
Preparation prepare_reload(const Host& host, Problems& problems);

// "/var/crash on /dev/vda (ext4), or else to /dumps on /dev/vdb (xfs)"; for people.
std::string describe_targets(const Preparation& preparation);

std::string image_path(const Preparation& preparation);

}  // namespace kdump::service
