// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/network/network_kinds.h"

#include <linux/if_arp.h>

#include <algorithm>

namespace kdump::service {
namespace {

// A kind that becomes possible loses its row here and gets code in initramfs/capture/network.cc.
struct Kind {
  std::string_view name;  // IFLA_INFO_KIND
  std::string_view words;
};

constexpr Kind kKinds[] = {
    {"bond", "a bond"},
    {"team", "a team"},
    {"vlan", "a VLAN"},
    {"bridge", "a bridge"},
    {"openvswitch", "an Open vSwitch bridge"},
    {"macvlan", "a macvlan"},
    {"macvtap", "a macvtap"},
    {"ipvlan", "an ipvlan"},
    {"vrf", "a VRF"},
    {"vxlan", "a VXLAN tunnel"},
    {"geneve", "a GENEVE tunnel"},
    {"gre", "a GRE tunnel"},
    {"gretap", "a GRE tunnel"},
    {"ip6gre", "a GRE tunnel"},
    {"ipip", "an IP tunnel"},
    {"sit", "an IP tunnel"},
    {"ip6tnl", "an IP tunnel"},
    {"vti", "an IPsec tunnel"},
    {"xfrm", "an IPsec tunnel"},
    {"tun", "a tunnel of a program (VPN)"},
    {"wireguard", "a WireGuard tunnel"},
    {"ppp", "a PPP link"},
    {"ipoib", "InfiniBand"},
    {"macsec", "MACsec"},
    {"dummy", "a dummy"},
    {"dsa", "a port of a switch chip"},
    {"wwan", "a mobile modem"},
};

// What the kernel gives no kind shows in a folder of sysfs.
struct Mark {
  const char* entry;  // below /sys/class/net/NAME
  std::string_view words;
};

constexpr Mark kMarks[] = {
    {"bonding", "a bond"},    {"bridge", "a bridge"},   {"tun_flags", "a tunnel of a program (VPN)"},
    {"wireless", "wireless"}, {"phy80211", "wireless"},
};

// An end of a pair between namespaces has no hardware either; the image builder, who looks for its driver,
// says so.
constexpr std::string_view kPair = "veth";

std::string what_it_is(const Host& host, const Link& link) {
  const auto* const kind = std::ranges::find(kKinds, link.kind, &Kind::name);
  if (kind != std::end(kKinds)) return std::string(kind->words);
  if (!link.kind.empty() && link.kind != kPair) return fmt::format("of kind '{}'", link.kind);
  for (const Mark& mark : kMarks) {
    if (host.exists(fmt::format("/sys/class/net/{}/{}", link.name, mark.entry)))
      return std::string(mark.words);
  }
  if (host.exists("/proc/net/vlan/" + link.name)) return "a VLAN";
  if (link.hardware == ARPHRD_INFINIBAND) return "InfiniBand";
  if (link.hardware == ARPHRD_PPP) return "a PPP link";
  if (link.hardware != ARPHRD_ETHER && link.hardware != ARPHRD_LOOPBACK)
    return fmt::format("not Ethernet (hardware type {})", link.hardware);
  return {};
}

}  // namespace

Status check_link_kind(const Host& host, const Link& link) {
  const std::string what = what_it_is(host, link);
  if (what.empty()) return {};
  return fail(ErrorKind::unsupported,
              "interface {} is {}, which the capture kernel cannot bring up yet; give the target an address "
              "that is reached through a plain network card, or dump to a local disk",
              link.name, what);
}

}  // namespace kdump::service
