// SPDX-License-Identifier: GPL-2.0-or-later
// The file system an image is built from: the running system's, or one that lies under another directory.
#pragma once

#include <string>

#include "common/error.h"

namespace kdump::image {

// Every path given and returned is one inside the tree ("/etc/kdump.conf"); symbolic links, absolute ones
// too, are followed as a process chrooted there would follow them.
class HostTree {
 public:
  // `root` is "" or "/" for the running system.
  static Result<HostTree> open(const std::string& root);

  // Where `path` really lies, every link followed; an error names the path when there is nothing.
  [[nodiscard]] Result<std::string> real_path(const std::string& path) const;
  [[nodiscard]] bool exists(const std::string& path) const { return real_path(path).has_value(); }
  [[nodiscard]] Result<std::string> read(const std::string& path) const;

  // The path as system calls of this process need it; of a real_path when links matter.
  [[nodiscard]] std::string outside(const std::string& path) const { return root_ + path; }

 private:
  explicit HostTree(std::string root) : root_(std::move(root)) {}

  std::string root_;  // "" or a real path without a slash at its end
};

}  // namespace kdump::image
