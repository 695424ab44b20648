// SPDX-License-Identifier: GPL-2.0-or-later
// Block devices: from a number to a name, from a LABEL= or UUID= to a device, and what is on it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "common/error.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

struct BlockDevice {
  std::string devname;  // "/dev/vda1", the kernel's own name
  std::string fstype;   // what libblkid finds on it, empty for nothing it knows
  std::string uuid;     // of the filesystem
  std::string label;    // of the filesystem
  std::string partuuid;
  std::string partition_table;  // "gpt", "dos": what kind it holds, if any
};

// "/dev/vda1" for a device number, from /sys/dev/block.
Result<std::string> device_name(const Host& host, dev_t device);

// What is on the device.
Result<BlockDevice> probe(const Host& host, const std::string& devname);

// "/dev/disk/by-id/…", "LABEL=…", "UUID=…" or "PARTUUID=…" as the kernel's own name.
Result<std::string> find_device(const Host& host, std::string_view specification);

// Error for a device that the capture image could not set up: device mapper, md, loop, a network's.
Status check_plain_disk(const Host& host, const std::string& devname);

// Error for a device that belongs to somebody: read-only or part of a volume.
Status check_unused(const Host& host, const std::string& devname);

}  // namespace kdump::service
