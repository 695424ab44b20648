// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/network/network_facts.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

namespace kdump::service {
namespace {

std::optional<IpAddress> address_in(const netlink::Attributes& attributes, uint16_t type) {
  const auto bytes = attributes.find(type);
  return bytes ? ip_address_of(*bytes) : std::nullopt;
}

// The gateway of another family than the destination's: struct rtvia is the family and the address.
std::optional<IpAddress> gateway_via(const netlink::Attributes& attributes) {
  const auto via = attributes.find(RTA_VIA);
  if (!via || via->size() < sizeof(rtvia)) return std::nullopt;
  return ip_address_of(via->subspan(sizeof(rtvia)));
}

// Which next hop of several: the first, as good as any.
void take_first_next_hop(const netlink::Attributes& attributes, FoundRoute& route) {
  const auto hops = attributes.find(RTA_MULTIPATH);
  if (!hops || hops->size() < sizeof(rtnexthop)) return;
  rtnexthop hop{};
  std::memcpy(&hop, hops->data(), sizeof hop);
  if (hop.rtnh_len < sizeof hop || hop.rtnh_len > hops->size()) return;
  const auto inner = netlink::Attributes::parse(hops->subspan(sizeof hop, hop.rtnh_len - sizeof hop));
  if (!inner) return;
  route.index = hop.rtnh_ifindex;
  route.gateway = address_in(*inner, RTA_GATEWAY);
  if (!route.gateway) route.gateway = gateway_via(*inner);
}

Result<netlink::Message> only_message(Result<std::vector<netlink::Message>> answer) {
  std::vector<netlink::Message> messages = TRY(std::move(answer));
  if (messages.empty()) return fail("the kernel gave no answer");
  return std::move(messages.front());
}

}  // namespace

// IFA_LOCAL is the interface's own address; IFA_ADDRESS is the same, or the other end's of a point-to-point
// pair, with the prefix length of that end's.
Result<LinkAddress> parse_link_address(const netlink::Message& message) {
  const auto [fixed, attributes] = TRY(netlink::parse_body<ifaddrmsg>(message));
  const auto shown = address_in(attributes, IFA_ADDRESS);
  const auto own = address_in(attributes, IFA_LOCAL);
  if (!own && !shown) return fail(ErrorKind::corrupt, "netlink: an address without bytes");
  LinkAddress address{.index = static_cast<int>(fixed.ifa_index),
                      .prefix = {own ? *own : *shown, fixed.ifa_prefixlen},
                      .flags = attributes.number(IFA_FLAGS).value_or(fixed.ifa_flags)};
  if (own && shown && *own != *shown) address.prefix = host_prefix(*own);
  if (address.prefix.length > address.prefix.address.bits())
    return fail(ErrorKind::corrupt, "netlink: {}", address.prefix.text());
  return address;
}

Result<FoundRoute> parse_route(const netlink::Message& message) {
  const auto [fixed, attributes] = TRY(netlink::parse_body<rtmsg>(message));
  FoundRoute route{.index = static_cast<int>(attributes.number(RTA_OIF).value_or(0)),
                   .type = fixed.rtm_type,
                   .destination = {.address = {.v6 = fixed.rtm_family == AF_INET6}},
                   .gateway = address_in(attributes, RTA_GATEWAY),
                   .source = address_in(attributes, RTA_PREFSRC)};
  if (!route.gateway) route.gateway = gateway_via(attributes);
  route.destination.address = address_in(attributes, RTA_DST).value_or(route.destination.address);
  route.destination.length = fixed.rtm_dst_len;
  if (route.destination.length > route.destination.address.bits())
    return fail(ErrorKind::corrupt, "netlink: a route to {}", route.destination.text());
  if (route.index == 0) take_first_next_hop(attributes, route);
  return route;
}

Result<NetworkFacts> NetworkFacts::open() { return NetworkFacts(TRY(netlink::Socket::open())); }

Result<Link> NetworkFacts::link(int index) { return netlink::link_at(socket_, index); }

Result<std::vector<LinkAddress>> NetworkFacts::addresses() {
  const ifaddrmsg fixed{};
  const auto answer = TRY(socket_.ask(netlink::Request(RTM_GETADDR, NLM_F_DUMP, fixed)));
  std::vector<LinkAddress> addresses;
  for (const netlink::Message& message : answer) {
    if (message.type == RTM_NEWADDR) addresses.push_back(TRY(parse_link_address(message)));
  }
  return addresses;
}

Result<FoundRoute> NetworkFacts::lookup(const IpAddress& to, int interface, unsigned flags) {
  rtmsg fixed{};
  fixed.rtm_family = to.family();
  fixed.rtm_dst_len = to.bits();
  fixed.rtm_flags = flags;
  netlink::Request request(RTM_GETROUTE, 0, fixed);
  request.add(RTA_DST, to.bytes());
  if (interface != 0) request.add(RTA_OIF, static_cast<uint32_t>(interface));
  const auto answer = TRY(only_message(socket_.ask(request)));
  return parse_route(answer);
}

Result<FoundRoute> NetworkFacts::route(const IpAddress& to, int interface) {
  FoundRoute route = TRY(lookup(to, interface, 0));
  const auto in_table = lookup(to, interface, RTM_F_FIB_MATCH);
  const bool same = in_table && in_table->destination.contains(to);
  route.destination = same ? in_table->destination : host_prefix(to);
  return route;
}

}  // namespace kdump::service
