// SPDX-License-Identifier: GPL-2.0-or-later
// plan.json: all that the capture side knows. Made by the running system from kdump.conf with every name
// resolved, read by kdump-capture and its worker after the panic, which read nothing else. A version they do
// not know is refused.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace kdump::plan {

inline constexpr int kVersion = 1;
inline constexpr const char* kPathInImage = "/plan.json";

enum class Action { reboot, halt, poweroff };

std::string_view action_name(Action action);

// How the capture kernel finds a block device. The first that is not empty decides.
struct Device {
  std::string uuid;      // of the filesystem, as blkid prints it
  std::string label;     // of the filesystem
  std::string partuuid;  // of the partition
  std::string devname;   // "/dev/vda1", as the running system has it
};

enum class TargetKind { filesystem };

struct Target {
  TargetKind kind = TargetKind::filesystem;
  Device device;
  std::string fstype;         // "ext4"
  std::string mount_options;  // for mount(2)'s data argument, without ro/rw
  std::string directory;      // where dumps go, from the root of that filesystem: "/var/crash"
};

// No step may last longer. 0 means no limit.
struct Deadlines {
  std::chrono::seconds device{60};  // until the target's device is there
  std::chrono::seconds mount{60};
  std::chrono::seconds stall{120};  // no progress of the dump for so long
  std::chrono::seconds overall{0};  // the whole capture
  std::chrono::seconds sync{120};   // fsync and unmount
};

struct Plan {
  std::string toolchain_version;
  std::string kernel_release;
  std::string hostname;
  int utc_offset_seconds = 0;
  std::vector<std::string> modules;    // paths in the image, in load order
  std::vector<Target> targets;         // tried in order; one for now
  std::vector<std::string> collector;  // core_collector as words: "makedumpfile", "-z", "-d", "31"
  Action final_action = Action::reboot;
  Action failure_action = Action::reboot;
  Deadlines deadlines;
};

std::string to_json(const Plan& plan);
// Every error names the key; an unknown version is one.
Result<Plan> from_json(std::string_view text);

}  // namespace kdump::plan
