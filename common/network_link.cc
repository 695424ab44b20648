// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/network_link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace kdump::netlink {
namespace {

std::string mac_text(const Attributes& attributes, uint16_t type) {
  const auto bytes = attributes.find(type);
  if (!bytes || all_zero(*bytes)) return {};
  std::string text;
  for (const std::byte byte : *bytes)
    text += fmt::format("{}{:02x}", text.empty() ? "" : ":", std::to_integer<unsigned>(byte));
  return text;
}

}  // namespace

Result<Link> parse_link(const Message& message) {
  const auto [fixed, attributes] = TRY(parse_body<ifinfomsg>(message));
  return Link{.index = fixed.ifi_index,
              .name = attributes.text(IFLA_IFNAME),
              .mac = mac_text(attributes, IFLA_ADDRESS),
              .permanent_mac = mac_text(attributes, IFLA_PERM_ADDRESS),
              .kind = attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND),
              .master = static_cast<int>(attributes.number(IFLA_MASTER).value_or(0)),
              .mtu = static_cast<int>(attributes.number(IFLA_MTU).value_or(0)),
              .hardware = fixed.ifi_type,
              .flags = fixed.ifi_flags};
}

Result<Link> link_at(Socket& socket, int index) {
  ifinfomsg fixed{};
  fixed.ifi_index = index;
  const auto answer = TRY(socket.ask(Request(RTM_GETLINK, 0, fixed)));
  if (answer.empty()) return fail("the kernel gave no answer");
  return parse_link(answer.front());
}

Result<std::vector<Link>> all_links(Socket& socket) {
  const ifinfomsg fixed{};
  const auto answer = TRY(socket.ask(Request(RTM_GETLINK, NLM_F_DUMP, fixed)));
  std::vector<Link> links;
  for (const Message& message : answer) {
    if (message.type == RTM_NEWLINK) links.push_back(TRY(parse_link(message)));
  }
  return links;
}

}  // namespace kdump::netlink
