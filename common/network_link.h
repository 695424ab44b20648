// SPDX-License-Identifier: GPL-2.0-or-later
// Network interfaces as the kernel describes them (RTM_NEWLINK).
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "common/netlink.h"

namespace kdump::netlink {

struct Link {
  int index = 0;
  std::string name;
  std::string mac;            // "52:54:00:12:34:56"; empty when it has none
  std::string permanent_mac;  // of the hardware; empty when the kernel does not say
  std::string kind;           // "bond", "vlan", "bridge", …; empty for plain hardware
  int master = 0;             // index of the interface that speaks for it (bond, failover, …); 0: none
  int mtu = 0;
  unsigned hardware = 0;  // ARPHRD_ETHER, …
  unsigned flags = 0;     // IFF_UP, IFF_RUNNING, …
};

Result<Link> parse_link(const Message& message);

Result<Link> link_at(Socket& socket, int index);
Result<std::vector<Link>> all_links(Socket& socket);

}  // namespace kdump::netlink
