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
inline constexpr const char* kShellInImage = "/bin/busybox";  // with failure_action shell

// The last two are for failure_action alone; final_action follows them.
enum class Action { reboot, halt, poweroff, shell, dump_to_rootfs };

std::string_view action_name(Action action);

// How the capture kernel finds a block device. The first that is not empty decides.
struct Device {
  std::string uuid;      // of the filesystem, as blkid prints it
  std::string label;     // of the filesystem
  std::string partuuid;  // of the partition
  std::string devname;   // "/dev/vda1", as the running system has it

  bool operator==(const Device&) const = default;
};

enum class TargetKind { filesystem };

struct Target {
  TargetKind kind = TargetKind::filesystem;
  Device device;
  std::string fstype;               // "ext4"
  std::string mount_options;        // for mount(2)'s data argument, without ro/rw
  std::string directory;            // where dumps go, from the root of that filesystem: "/var/crash"
  std::chrono::seconds stall{120};  // no progress of the dump for so long

  bool operator==(const Target&) const = default;
};

// Programs of the administrator in the image, as absolute paths; empty: none.
struct Hooks {
  std::string pre;  // may forbid the dump
  std::vector<std::string> pre_d;
  std::vector<std::string> post_d;
  std::string post;
  std::vector<std::string> emergency_d;
  std::string emergency;

  bool operator==(const Hooks&) const = default;
};

// No step may last longer. 0 means no limit.
struct Deadlines {
  std::chrono::seconds device{60};  // until the target's device is there
  std::chrono::seconds mount{60};
  std::chrono::seconds overall{0};  // all dumping
  std::chrono::seconds hook{60};    // each hook
  std::chrono::seconds sync{120};   // unmount, and each small thing saved after the dump

  bool operator==(const Deadlines&) const = default;
};

struct Plan {
  std::string toolchain_version;
  std::string kernel_release;
  std::string hostname;
  int utc_offset_seconds = 0;
  std::vector<std::string> modules;    // paths in the image, in load order
  std::vector<Target> targets;         // tried in order until one takes the dump
  std::vector<std::string> collector;  // core_collector as words: "makedumpfile", "-z", "-d", "31"
  Action final_action = Action::reboot;
  Action failure_action = Action::reboot;
  Deadlines deadlines;
  Hooks hooks;
  std::vector<Target> rootfs;  // one, for dump_to_rootfs; otherwise none

  bool operator==(const Plan&) const = default;
};

// One object with every key of kVersion. JSON is UTF-8: a byte that is not comes out as U+FFFD, so whoever
// writes a plan for real compares from_json(to_json(plan)) with it.
std::string to_json(const Plan& plan);

// Takes exactly what to_json makes: a key that is missing, unknown, of another type or out of bounds is an
// error that names it ("plan: targets[0]: device: uuid: …"), as is an unknown version, a plan without a
// target, a target without a device, and a text of more than 1 MiB. Never throws, whatever the text.
Result<Plan> from_json(std::string_view text);

}  // namespace kdump::plan
