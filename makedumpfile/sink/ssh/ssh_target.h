// SPDX-License-Identifier: GPL-2.0-or-later
// All that a session needs to know of an SSH server; plain data, so that whoever reads the configuration need
// not know the library.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace kdump {

inline constexpr uint16_t kSshPort = 22;

struct SshTarget {
  std::string address;  // to connect to: an IPv4 or IPv6 literal without brackets (fe80::1%eth0 works)
  uint16_t port = kSshPort;
  std::string host;  // the name under which known_hosts has the server
  std::string user;
  std::string known_hosts;  // the text of known_hosts; nothing is ever learned
  std::string private_key;  // path of the private key
  // For the connection, the key exchange and the login together.
  std::chrono::milliseconds connect_timeout{30'000};
  // For any later wait in which not one byte moves.
  std::chrono::milliseconds stall_timeout{120'000};
};

}  // namespace kdump
