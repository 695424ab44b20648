// SPDX-License-Identifier: GPL-2.0-or-later
// Finding the target's block device among those the kernel knows. Without udev there is no /dev/disk: the
// devices are read, each in turn, by a child that may get stuck on one of them.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/process.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {

// What a device says of itself.
struct Identity {
  std::string uuid;
  std::string label;
  std::string partuuid;
};

// By the one key that decides; a device wanted by name matches no identity.
bool matches(const plan::Device& wanted, const Identity& found);

// Names of the block devices worth reading ("vda1"), those with the wanted name first: no ram disks, no
// loop devices, nothing without a size.
std::vector<std::string> candidates(const std::string& sys_class_block, const std::string& wanted_devname);

// Reads a device's superblock and its entry in the partition table (libblkid).
Result<Identity> probe_identity(const std::string& device);

// The child tells "?NAME" before it reads a device and "=NAME" when it is the wanted one.
struct ScanReport {
  std::string found;  // empty: none
  std::string stuck;  // the device it was reading when it ended
};
ScanReport parse_scan(std::string_view text);

// Scans until the device is there; a device that held a child is not read again.
class DeviceFinder {
 public:
  using Probe = std::function<Result<Identity>(const std::string& device)>;
  explicit DeviceFinder(Probe probe = probe_identity, std::string sys_class_block = "/sys/class/block",
                        std::string dev = "/dev")
      : probe_(std::move(probe)), sys_class_block_(std::move(sys_class_block)), dev_(std::move(dev)) {}

  // The device's path; the error says which devices there were.
  Result<std::string> find(const plan::Device& wanted, SteadyTime deadline);

  // From now on the disk that this device is, or is a partition of, is left alone with all that is on it.
  void abandon(const std::string& device);

 private:
  [[nodiscard]] std::string disk_of(const std::string& name) const;
  std::string scan(const plan::Device& wanted, const std::vector<std::string>& names, SteadyTime deadline);
  std::vector<std::string> readable_names(const plan::Device& wanted) const;

  Probe probe_;
  std::string sys_class_block_;
  std::string dev_;
  std::set<std::string> stuck_;      // devices that held a child
  std::set<std::string> abandoned_;  // disks
};

}  // namespace kdump::capture
