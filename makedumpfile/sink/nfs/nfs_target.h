// SPDX-License-Identifier: GPL-2.0-or-later
// All that is needed to know of an NFS export; plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace kdump {

inline constexpr uint16_t kNfsPort = 2049;

struct NfsTarget {
  std::string address;      // to connect to: an IPv4 or IPv6 literal without brackets
  std::string export_path;  // "/srv/crash"
  int version = 3;          // of the protocol; see check_nfs_version
  uint16_t port = 0;        // of NFS; 0 asks the server's rpcbind, or is 2049 for version 4
  uint16_t mount_port = 0;  // of MOUNT, version 3 only; 0 asks the server's rpcbind
  // For the connection and the mount together.
  std::chrono::milliseconds connect_timeout{30'000};
  // For any later wait in which not one answer comes.
  std::chrono::milliseconds stall_timeout{120'000};
};

}  // namespace kdump
