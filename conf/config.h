// SPDX-License-Identifier: GPL-2.0-or-later
// What /etc/kdump.conf says, as plain data. The defaults here are those of an empty file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conf/target.h"

namespace kdump::conf {

// The last two are for failure_action alone.
enum class Action { reboot, halt, poweroff, shell, dump_to_rootfs };

// Where the dump goes when the targets before it fail.
struct FallbackTarget {
  Target target;
  std::string path;                               // empty: as Config::path
  std::optional<std::chrono::seconds> timeout{};  // none: as Config::timeout
};

struct Config {
  std::optional<Target> target;            // none: the filesystem that holds `path`
  std::vector<FallbackTarget> fallbacks;   // tried in order after it
  std::string path = "/var/crash";         // starts with a slash, no doubled or trailing ones
  std::string sshkey;                      // absolute; empty: one of the usual keys
  uint64_t min_free = uint64_t{64} << 20;  // bytes that a dump leaves free on its target
  std::vector<std::string> core_collector{"makedumpfile", "-l", "--message-level", "7", "-d", "31"};
  Action failure_action = Action::reboot;
  Action final_action = Action::reboot;
  std::vector<std::string> extra_modules;
  std::vector<std::string> extra_bins;  // paths, or names for the usual directories
  // Programs to run in the capture kernel, absolute paths; empty: none.
  std::string kdump_pre;
  std::string kdump_post;
  std::string kdump_emergency;
  std::chrono::seconds hook_timeout{60};  // for each of them
  bool force_rebuild = false;
  bool force_no_rebuild = false;
  bool auto_reset_crashkernel = true;
  std::chrono::seconds timeout{120};  // no progress at a target for so long
  std::chrono::seconds deadline{0};   // the whole capture, 0 for none
};

}  // namespace kdump::conf
