// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/network/network.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "common/ip_address.h"
#include "kdumpd/network/name_servers.h"
#include "kdumpd/network/network_facts.h"
#include "kdumpd/network/network_kinds.h"

namespace kdump::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kLoopback = "lo";
// Addresses nobody may use, or should not use any more.
constexpr unsigned kUnfit = IFA_F_DADFAILED | IFA_F_DEPRECATED;
// A new IPv6 address is looked for in the network for a second or two before it is used (RFC 4862, 5.4);
// after a boot that is just when kdump starts.
constexpr seconds kAddressPatience{5};
constexpr milliseconds kLookAgain{100};

// IPv6 addresses that change by themselves (RFC 8981) are no good either; of IPv4 the same bit says
// IFA_F_SECONDARY.
bool is_unfit(const LinkAddress& address) {
  return (address.flags & kUnfit) != 0 ||
         (address.prefix.address.v6 && (address.flags & IFA_F_TEMPORARY) != 0);
}

bool is_tentative(const LinkAddress& address) {
  return (address.flags & IFA_F_TENTATIVE) != 0 && (address.flags & IFA_F_DADFAILED) == 0;
}

class Discovery {
 public:
  Discovery(const Host& host, NetworkFacts facts) : host_(host), facts_(std::move(facts)) {}

  Status add_target(const plan::Target& target);
  void add_name_servers();
  FoundNetwork take() { return std::move(found_); }

 private:
  Status reach(const IpAddress& to);
  Result<FoundRoute> route_to(const IpAddress& to);
  Status wait_for_addresses(int index);
  Status reach_itself(const IpAddress& to);
  plan::Interface& interface_named(const std::string& name);
  plan::Interface& interface_of(const Link& link);
  void add_addresses(const Link& link, const std::vector<LinkAddress>& addresses);
  std::string usable_source(const Link& link, const FoundRoute& route);
  Status add_way_to_gateway(const Link& link, const IpAddress& gateway);
  void add_route(const IpAddress& to, plan::Route route);
  [[nodiscard]] std::vector<LinkAddress> addresses_of(const Link& link, const FoundRoute& route) const;
  [[nodiscard]] bool on_a_network_of(const std::string& interface, const IpPrefix& destination);
  void warn(std::string text) { found_.warnings.push_back(std::move(text)); }

  const Host& host_;
  NetworkFacts facts_;
  std::vector<LinkAddress> addresses_;
  FoundNetwork found_;
};

void add_once(std::vector<std::string>& texts, const std::string& text) {
  if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
}

bool known_by_name(const plan::Target& target) {
  return plan::is_remote(target) && !parse_ip_address(target.server.host);
}

plan::Interface& Discovery::interface_named(const std::string& name) {
  auto& interfaces = found_.network.interfaces;
  const auto known = std::ranges::find(interfaces, name, &plan::Interface::name);
  if (known != interfaces.end()) return *known;
  return interfaces.emplace_back(plan::Interface{.name = name, .mac = {}, .mtu = 0, .addresses = {}});
}

// After a fresh start the hardware has its own address, whatever was set since.
plan::Interface& Discovery::interface_of(const Link& link) {
  plan::Interface& interface = interface_named(link.name);
  if (!interface.mac.empty() || link.name == kLoopback) return interface;
  interface.mac = link.permanent_mac.empty() ? link.mac : link.permanent_mac;
  interface.mtu = link.mtu;
  if (interface.mac != link.mac)
    warn(
        fmt::format("interface {} has the MAC address {} now and will have its hardware's, {}, in the "
                    "capture kernel",
                    link.name, link.mac, interface.mac));
  return interface;
}

// Those of the interface that another start of this machine should have, of the destination's family; where
// there are none, the one that is used now.
std::vector<LinkAddress> Discovery::addresses_of(const Link& link, const FoundRoute& route) const {
  std::vector<LinkAddress> fit;
  std::vector<LinkAddress> used;
  for (const LinkAddress& address : addresses_) {
    const IpAddress& ip = address.prefix.address;
    if (address.index != link.index || ip.v6 != route.destination.address.v6 || ip.is_loopback()) continue;
    if (!is_unfit(address)) fit.push_back(address);
    if (route.source == ip) used.push_back(address);
  }
  const bool enough = std::ranges::any_of(
      fit, [](const LinkAddress& address) { return !address.prefix.address.is_link_local(); });
  if (!enough) fit.insert(fit.end(), used.begin(), used.end());
  return fit;
}

void Discovery::add_addresses(const Link& link, const std::vector<LinkAddress>& addresses) {
  plan::Interface& interface = interface_of(link);
  for (const LinkAddress& address : addresses) {
    // Where the kernel made no route of its own to the address's network, the plan has the one there is.
    const bool with_network = (address.flags & IFA_F_NOPREFIXROUTE) == 0;
    const IpPrefix& prefix = address.prefix;
    add_once(interface.addresses, (with_network ? prefix : host_prefix(prefix.address)).text());
  }
}

// The source the kernel would take, when the capture kernel will have it. An address of another interface
// (of the loopback, say) goes to the loopback, where it serves as well.
std::string Discovery::usable_source(const Link& link, const FoundRoute& route) {
  if (!route.source || route.source->is_loopback()) return {};
  const auto is_source = [&](const LinkAddress& known) { return known.prefix.address == *route.source; };
  const auto address = std::ranges::find_if(addresses_, is_source);
  if (address == addresses_.end()) return {};
  if (address->index != link.index) {
    add_once(interface_named(kLoopback).addresses, host_prefix(*route.source).text());
  } else if (std::ranges::none_of(addresses_of(link, route), is_source)) {
    return {};
  }
  return route.source->text();
}

bool Discovery::on_a_network_of(const std::string& interface, const IpPrefix& destination) {
  return std::ranges::any_of(interface_named(interface).addresses, [&](const std::string& text) {
    const auto prefix = parse_ip_prefix(text);
    return prefix && prefix->length <= destination.length && prefix->contains(destination.address);
  });
}

// A second way to the same prefix would be refused or would hide the first: one for this address alone.
void Discovery::add_route(const IpAddress& to, plan::Route route) {
  auto& routes = found_.network.routes;
  if (std::ranges::find(routes, route) != routes.end()) return;
  if (std::ranges::find(routes, route.destination, &plan::Route::destination) != routes.end())
    route.destination = host_prefix(to).text();
  if (std::ranges::find(routes, route.destination, &plan::Route::destination) == routes.end())
    routes.push_back(std::move(route));
}

// A gateway is a neighbour by its link-local address, by the network of one of the interface's addresses, or
// by a route of its own, as clouds like it.
Status Discovery::add_way_to_gateway(const Link& link, const IpAddress& gateway) {
  if (gateway.is_link_local() || on_a_network_of(link.name, host_prefix(gateway))) return {};
  const auto way = facts_.route(gateway, link.index);
  const bool plain = way && !way->gateway && way->index == link.index;
  const IpPrefix destination = plain ? way->destination : host_prefix(gateway);
  add_route(gateway,
            {.destination = destination.text(), .gateway = {}, .interface = link.name, .source = {}});
  return {};
}

Status Discovery::reach_itself(const IpAddress& to) {
  plan::Interface& loopback = interface_named(kLoopback);
  if (!to.is_loopback()) add_once(loopback.addresses, host_prefix(to).text());
  warn(fmt::format(
      "{} is this machine itself: nothing will answer there after a crash unless a hook starts it",
      to.text()));
  return {};
}

// Whatever comes of them in that time; an interface without a carrier keeps them so.
Status Discovery::wait_for_addresses(int index) {
  const auto deadline = steady_clock::now() + kAddressPatience;
  while (true) {
    addresses_ = TRY(facts_.addresses());
    const bool waiting = std::ranges::any_of(addresses_, [&](const LinkAddress& address) {
      return address.index == index && is_tentative(address) && !address.prefix.address.is_link_local();
    });
    if (!waiting || steady_clock::now() >= deadline) return {};
    std::this_thread::sleep_for(kLookAgain);
  }
}

// As it is when the interface's addresses are settled: the source is chosen among those.
Result<FoundRoute> Discovery::route_to(const IpAddress& to) {
  const FoundRoute route = TRY(facts_.route(to));
  TRY(wait_for_addresses(route.index));
  return facts_.route(to);
}

Status Discovery::reach(const IpAddress& to) {
  const FoundRoute route = TRY(with_context(route_to(to), "no route to {}", to.text()));
  if (route.type == RTN_LOCAL) return reach_itself(to);
  if (route.type != RTN_UNICAST)
    return fail("no route to {}: the routing table forbids it (route type {})", to.text(), route.type);
  const Link link = TRY(with_context(facts_.link(route.index), "interface {}", route.index));
  TRY(with_context(check_link_kind(host_, link), "the way to {}", to.text()));
  const std::vector<LinkAddress> addresses = addresses_of(link, route);
  add_addresses(link, addresses);
  const std::string source = usable_source(link, route);
  if (addresses.empty() && source.empty())
    return fail("interface {} has no {} address that could be used", link.name, to.v6 ? "IPv6" : "IPv4");
  if (route.gateway) TRY(add_way_to_gateway(link, *route.gateway));
  if (!route.gateway && on_a_network_of(link.name, route.destination)) return {};
  add_route(to, {.destination = route.destination.text(),
                 .gateway = route.gateway ? route.gateway->text() : "",
                 .interface = link.name,
                 .source = source});
  return {};
}

// One address that can be reached is enough; the worker tries them all.
Status Discovery::add_target(const plan::Target& target) {
  if (!plan::is_remote(target)) return {};
  Status result = fail("no address of {} is known", target.server.host);
  bool reached = false;
  for (const std::string& literal : target.server.addresses) {
    const auto address = parse_ip_address(literal);
    result = address ? reach(*address) : fail("'{}' is no address", literal);
    reached = reached || result.has_value();
    if (!result && result.error().kind() == ErrorKind::unsupported) break;
  }
  if (reached) return {};
  return with_context(std::move(result), "{}", plan::target_text(target));
}

void Discovery::add_name_servers() {
  const NameServers known = find_name_servers(host_);
  for (const IpAddress& server : known.servers) {
    const Status reached = reach(server);
    if (reached) {
      add_once(found_.network.name_servers, server.text());
    } else {
      warn(fmt::format("name server {} is left out: {}", server.text(), reached.error().message()));
    }
  }
  found_.network.search = known.search;
  if (found_.network.name_servers.empty())
    warn("no name server can be asked in the capture kernel; it will use the addresses found now");
}

}  // namespace

Result<FoundNetwork> discover_network(const Host& host, std::span<const plan::Target> targets) {
  if (std::ranges::none_of(targets, plan::is_remote)) return FoundNetwork{};
  if (!host.is_running_system())
    return fail(ErrorKind::unsupported,
                "the network of {} cannot be found out, since only a running kernel knows its routes; "
                "name a local target or build the image on that machine",
                host.root());
  NetworkFacts facts = TRY(NetworkFacts::open());
  Discovery discovery(host, std::move(facts));
  for (const plan::Target& target : targets) TRY(discovery.add_target(target));
  if (std::ranges::any_of(targets, known_by_name)) discovery.add_name_servers();
  return discovery.take();
}

}  // namespace kdump::service
