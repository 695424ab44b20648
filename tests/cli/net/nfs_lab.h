// SPDX-License-Identifier: GPL-2.0-or-later
// nfs-ganesha, an NFS server in user space, with its own rpcbind.
#pragma once

#include <string>

#include "makedumpfile/sink/nfs/nfs_target.h"
#include "tests/cli/net/lab.h"

namespace kdump::test {

class NfsLab {
 public:
  static constexpr uint16_t kPort = 12049;
  static constexpr uint16_t kMountPort = 12050;

  // Exports the folders below, each under its own path.
  NfsLab();

  // The export of that folder, by ports that are told, with short timeouts.
  [[nodiscard]] NfsTarget target(const std::string& path) const;
  [[nodiscard]] NfsTarget target() const { return target(exported()); }
  [[nodiscard]] std::string exported() const { return folder_ / "exported"; }
  [[nodiscard]] std::string read_only() const { return folder_ / "read-only"; }
  [[nodiscard]] std::string squashed() const { return folder_ / "squashed"; }
  // 8 MiB in all.
  [[nodiscard]] std::string full() const { return folder_ / "full"; }
  [[nodiscard]] const Server& server() const { return ganesha_; }

 private:
  Folder folder_;
  Server rpcbind_;
  Server ganesha_;
};

}  // namespace kdump::test
