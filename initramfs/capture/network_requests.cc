// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/network_requests.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace kdump::capture {
namespace {

Result<IpAddress> address_of(const std::string& text) {
  if (const auto address = parse_ip_address(text)) return *address;
  return fail(ErrorKind::corrupt, "'{}' is no address", text);
}

// struct rtvia: the family, then the address (kernel: include/uapi/linux/rtnetlink.h).
void add_gateway(netlink::Request& request, const IpAddress& gateway, bool other_family) {
  if (!other_family) {
    request.add(RTA_GATEWAY, gateway.bytes());
    return;
  }
  const uint16_t family = gateway.family();
  ByteVector via(sizeof family);
  std::memcpy(via.data(), &family, sizeof family);
  via.insert(via.end(), gateway.bytes().begin(), gateway.bytes().end());
  request.add(RTA_VIA, via);
}

}  // namespace

netlink::Request set_mtu_request(int interface, int mtu) {
  ifinfomsg fixed{};
  fixed.ifi_index = interface;
  netlink::Request request(RTM_NEWLINK, 0, fixed);
  return request.add(IFLA_MTU, static_cast<uint32_t>(mtu));
}

netlink::Request set_up_request(int interface) {
  ifinfomsg fixed{};
  fixed.ifi_index = interface;
  fixed.ifi_flags = IFF_UP;
  fixed.ifi_change = IFF_UP;
  return {RTM_NEWLINK, 0, fixed};
}

netlink::Request add_address_request(int interface, const IpPrefix& address) {
  ifaddrmsg fixed{};
  fixed.ifa_family = address.address.family();
  fixed.ifa_prefixlen = address.length;
  fixed.ifa_index = static_cast<uint32_t>(interface);
  if (address.address.is_link_local()) fixed.ifa_scope = RT_SCOPE_LINK;
  netlink::Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, fixed);
  request.add(IFA_LOCAL, address.address.bytes()).add(IFA_ADDRESS, address.address.bytes());
  if (address.address.v6) request.add(IFA_FLAGS, static_cast<uint32_t>(IFA_F_NODAD));
  return request;
}

Result<netlink::Request> add_route_request(int interface, const plan::Route& route) {
  const auto destination = parse_ip_prefix(route.destination);
  if (!destination) return fail(ErrorKind::corrupt, "'{}' is no network", route.destination);
  rtmsg fixed{};
  fixed.rtm_family = destination->address.family();
  fixed.rtm_dst_len = destination->length;
  fixed.rtm_table = RT_TABLE_MAIN;
  fixed.rtm_protocol = RTPROT_STATIC;
  fixed.rtm_scope = route.gateway.empty() && !destination->address.v6 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  fixed.rtm_type = RTN_UNICAST;
  netlink::Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, fixed);
  if (destination->length != 0) request.add(RTA_DST, destination->network().address.bytes());
  request.add(RTA_OIF, static_cast<uint32_t>(interface));
  if (!route.gateway.empty()) {
    const IpAddress gateway = TRY(address_of(route.gateway));
    add_gateway(request, gateway, gateway.v6 != destination->address.v6);
  }
  if (!route.source.empty()) request.add(RTA_PREFSRC, TRY(address_of(route.source)).bytes());
  return request;
}

}  // namespace kdump::capture
