// SPDX-License-Identifier: GPL-2.0-or-later
// The running system as a tree of files. Tests and `--root` put another folder in its place.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace kdump::service {

class Host {
 public:
  // Prefix of every path, "" for the running system.
  explicit Host(std::string root = "") : root_(std::move(root)) {}

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] bool is_running_system() const { return root_.empty(); }
  // Where a path of the host really lies.
  [[nodiscard]] std::string at(std::string_view path) const { return root_ + std::string(path); }
  [[nodiscard]] bool exists(std::string_view path) const;
  // A small file without blanks around it.
  [[nodiscard]] Result<std::string> read(std::string_view path) const;
  // The path without symbolic links, still without the prefix; error when it does not exist.
  [[nodiscard]] Result<std::string> resolve(std::string_view path) const;

 private:
  std::string root_;
};

// How libraries say what is going on; only programs print.
enum class Level { info, warning, error };
using Announce = std::function<void(Level, std::string_view)>;

namespace places {
inline constexpr const char* kConfig = "/etc/kdump.conf";
inline constexpr const char* kSysconfig = "/etc/sysconfig/kdump";
inline constexpr const char* kLock = "/run/lock/kdump";
inline constexpr const char* kStatus = "/run/kdump/status.json";
inline constexpr const char* kImages = "/var/lib/kdump";
}  // namespace places

}  // namespace kdump::service
