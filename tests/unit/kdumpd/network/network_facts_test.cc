// SPDX-License-Identifier: GPL-2.0-or-later
// Answers recorded from a 6.18 kernel (little-endian), without what is not read.
#include "kdumpd/network/network_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "common/text.h"
#include "kdumpd/network/name_servers.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

netlink::Message message_from(std::string_view hex) {
  ByteVector bytes;
  for (size_t i = 0; i + 2 <= hex.size(); i += 2)
    bytes.push_back(std::byte{static_cast<uint8_t>(*parse_u64(hex.substr(i, 2), 16))});
  const auto messages = netlink::parse_messages(bytes);
  if (!messages || messages->size() != 1) {
    ADD_FAILURE() << hex;
    return {};
  }
  return messages->front();
}

FoundRoute route_from(std::string_view hex) {
  const auto route = parse_route(message_from(hex));
  if (!route) ADD_FAILURE() << route.error().message();
  return route.value_or(FoundRoute{});
}

TEST(NetworkFacts, ARouteAsAPacketGoes) {
  const FoundRoute route = route_from(
      "700000001800000007000000685f000002200000fe0000010002000008000f00fe00000008000100c633640908000400030000"
      "000800"
      "0700c000020708000500c0000201080019000000000024000c0002000000000000000000000000000000000000000000000000"
      "00000"
      "000000000");
  EXPECT_EQ(route.index, 3);
  EXPECT_EQ(route.type, unsigned{RTN_UNICAST});
  EXPECT_EQ(route.destination.text(), "198.51.100.9/32");
  EXPECT_EQ(route.gateway->text(), "192.0.2.1");
  EXPECT_EQ(route.source->text(), "192.0.2.7");
}

TEST(NetworkFacts, ARouteAsItIsInTheTable) {
  const FoundRoute route = route_from(
      "3c0000001800000007000000685f000002180000fe0300010000000008000f00fe00000008000100c633640008000500c00002"
      "0108000"
      "40003000000");
  EXPECT_EQ(route.destination.text(), "198.51.100.0/24");
  EXPECT_EQ(route.gateway->text(), "192.0.2.1");
  EXPECT_FALSE(route.source);
}

TEST(NetworkFacts, AGatewayOfTheOtherFamily) {
  const FoundRoute route = route_from(
      "800000001800000007000000685f000002200000fe0000010002000008000f00fe00000008000100cb00710908000400030000"
      "00080007"
      "00c0000207160012000a00fe8000000000000000000000000000010000080019000000000024000c0002000000000000000000"
      "00000000"
      "000000000000000000000000000000000000");
  EXPECT_EQ(route.destination.text(), "203.0.113.9/32");
  EXPECT_EQ(route.gateway->text(), "fe80::1");
}

TEST(NetworkFacts, TheFirstOfSeveralNextHops) {
  const FoundRoute route = route_from(
      "500000001800000007000000685f000002100000fe0300010000000008000f00fe000000080001000a09000024000900100000"
      "00030000"
      "0008000500c0000202100000000300000008000500c0000203");
  EXPECT_EQ(route.destination.text(), "10.9.0.0/16");
  EXPECT_EQ(route.index, 3);
  EXPECT_EQ(route.gateway->text(), "192.0.2.2");
}

TEST(NetworkFacts, AnAddressOfAPairIsItselfAlone) {
  const auto address =
      parse_link_address(message_from("500000001400020007000000685f0000021e800003000000080001000a010102080002"
                                      "000a010101090003006e657430000000000800080"
                                      "08000000014000600fffffffffffffffffeab2600feab2600"));
  ASSERT_TRUE(address);
  EXPECT_EQ(address->index, 3);
  EXPECT_EQ(address->prefix.text(), "10.1.1.1/32");
  EXPECT_EQ(address->flags, unsigned{IFA_F_PERMANENT});
}

TEST(NetworkFacts, AnIpv6AddressThatIsNotReady) {
  const auto address =
      parse_link_address(message_from("500000001400020007000000685f00000a40c0fd0300000014000100fe800000000000"
                                      "00505400fffe12345614000600fffffffffffffff"
                                      "ffcab2600fcab260008000800c000000005000b0003000000"));
  ASSERT_TRUE(address);
  EXPECT_EQ(address->prefix.text(), "fe80::5054:ff:fe12:3456/64");
  EXPECT_EQ(address->flags, unsigned{IFA_F_PERMANENT | IFA_F_TENTATIVE});
}

TEST(NetworkFacts, APrefixLongerThanItsAddressIsRefused) {
  EXPECT_FALSE(
      parse_link_address(message_from("200000001400020007000000685f000002ff800003000000080002000a010101")));
  EXPECT_FALSE(
      parse_route(message_from("240000001800000007000000685f000002ff0000fe030001000000000800"
                               "0100c6336400")));
}

std::vector<std::string> texts(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> texts;
  for (const IpAddress& address : addresses) texts.push_back(address.text());
  return texts;
}

TEST(NameServers, AreReadFromResolvConf) {
  const NameServers found = parse_resolv_conf(
      "# comment\nnameserver 192.0.2.53\nnameserver\t2001:db8::53\nnameserver nonsense\n"
      "domain old.example\nsearch a.example b.example\noptions edns0\n;nameserver 192.0.2.99\n");
  EXPECT_THAT(texts(found.servers), ElementsAre("192.0.2.53", "2001:db8::53"));
  EXPECT_THAT(found.search, ElementsAre("a.example", "b.example"));
}

TEST(NameServers, BehindAStubAreThoseItAsks) {
  const Machine machine;
  machine.write("/etc/resolv.conf", "nameserver 127.0.0.53\nsearch .\n");
  EXPECT_THAT(find_name_servers(machine.host()).servers, IsEmpty());
  machine.write("/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\nsearch a.example\n");
  const NameServers found = find_name_servers(machine.host());
  EXPECT_THAT(texts(found.servers), ElementsAre("192.0.2.53"));
  EXPECT_THAT(found.search, ElementsAre("a.example"));
}

TEST(NameServers, WithoutAStubAreThoseOfTheFile) {
  const Machine machine;
  machine.write("/etc/resolv.conf", "nameserver 192.0.2.1\nnameserver 127.0.0.1\n");
  machine.write("/run/systemd/resolve/resolv.conf", "");
  EXPECT_THAT(texts(find_name_servers(machine.host()).servers), ElementsAre("192.0.2.1"));
}

}  // namespace
}  // namespace kdump::service
