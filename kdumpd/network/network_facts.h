// SPDX-License-Identifier: GPL-2.0-or-later
// What the running kernel says of its interfaces, addresses and routes (rtnetlink(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/ip_address.h"
#include "common/netlink.h"
#include "common/network_link.h"

namespace kdump::service {

using netlink::Link;

struct LinkAddress {
  int index = 0;  // of the interface
  IpPrefix prefix;
  unsigned flags = 0;  // IFA_F_TEMPORARY, …
};

struct FoundRoute {
  int index = 0;      // of the interface
  unsigned type = 0;  // RTN_UNICAST, RTN_LOCAL, …
  IpPrefix destination;
  std::optional<IpAddress> gateway;
  std::optional<IpAddress> source;
};

Result<LinkAddress> parse_link_address(const netlink::Message& message);
Result<FoundRoute> parse_route(const netlink::Message& message);

class NetworkFacts {
 public:
  static Result<NetworkFacts> open();

  Result<Link> link(int index);
  Result<std::vector<LinkAddress>> addresses();
  // Where a packet to `to` goes now, from any interface or from this one: next hop and source as they would
  // be, and as destination the prefix of the route in the table that says so.
  Result<FoundRoute> route(const IpAddress& to, int interface = 0);

 private:
  explicit NetworkFacts(netlink::Socket socket) : socket_(std::move(socket)) {}
  Result<FoundRoute> lookup(const IpAddress& to, int interface, unsigned flags);

  netlink::Socket socket_;
};

}  // namespace kdump::service
