// SPDX-License-Identifier: GPL-2.0-or-later
// Discovery asks real kernels: each test is a machine in a network namespace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kdumpd/network/network.h"
#include "tests/unit/network/namespaces.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

plan::Target remote(const std::string& host, std::vector<std::string> addresses) {
  plan::Target target;
  target.kind = plan::TargetKind::ssh;
  target.server = {.host = host, .addresses = std::move(addresses), .port = 0};
  target.ssh.user = "kdump";
  target.directory = "/dumps";
  return target;
}

plan::Target remote(const std::string& address) { return remote(address, {address}); }

class DiscoveryTest : public testing::Test {
 protected:
  DiscoveryTest() {
    machine.shell("ip link set lo up");
    connect(machine, "net0", neighbour, "peer0");
    machine.shell("ip link set net0 address 52:54:00:12:34:56 mtu 1400 up");
    neighbour.shell("ip link set peer0 up");
  }

  FoundNetwork discover(const std::vector<plan::Target>& targets) {
    const Inside inside(machine);
    auto found = discover_network(Host(), targets);
    error = found ? "" : found.error().message();
    return found ? *found : FoundNetwork{};
  }

  Namespace machine;
  Namespace neighbour;
  std::string error;
};

TEST_F(DiscoveryTest, LocalTargetsNeedNone) {
  const FoundNetwork found = discover({plan::Target{}});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces, IsEmpty());
}

TEST_F(DiscoveryTest, ANeighbourNeedsTheInterfaceAlone) {
  machine.shell("ip addr add 192.0.2.7/24 dev net0");
  const FoundNetwork found = discover({remote("192.0.2.1")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces,
              ElementsAre(plan::Interface{
                  .name = "net0", .mac = "52:54:00:12:34:56", .mtu = 1400, .addresses = {"192.0.2.7/24"}}));
  EXPECT_THAT(found.network.routes, IsEmpty());
  EXPECT_THAT(found.network.name_servers, IsEmpty());
  EXPECT_THAT(found.warnings, IsEmpty());
}

TEST_F(DiscoveryTest, TheDefaultRouteLeadsFurther) {
  machine.shell("ip addr add 192.0.2.7/24 dev net0; ip route add default via 192.0.2.254");
  const FoundNetwork found = discover({remote("198.51.100.1")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(
      found.network.routes,
      ElementsAre(plan::Route{
          .destination = "0.0.0.0/0", .gateway = "192.0.2.254", .interface = "net0", .source = "192.0.2.7"}));
}

TEST_F(DiscoveryTest, TheRouteThatMatchesIsTakenWithItsSource) {
  machine.shell(
      "ip addr add 192.0.2.7/24 dev net0; ip addr add 192.0.2.8/24 dev net0;"
      "ip route add default via 192.0.2.254;"
      "ip route add 198.51.100.0/25 via 192.0.2.253 src 192.0.2.8");
  const FoundNetwork found = discover({remote("198.51.100.1"), remote("198.51.100.2")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces.at(0).addresses, ElementsAre("192.0.2.7/24", "192.0.2.8/24"));
  EXPECT_THAT(found.network.routes, ElementsAre(plan::Route{.destination = "198.51.100.0/25",
                                                            .gateway = "192.0.2.253",
                                                            .interface = "net0",
                                                            .source = "192.0.2.8"}));
}

// Clouds give a machine an address alone and a route to the gateway.
TEST_F(DiscoveryTest, AGatewayThatNeedsARouteHasOne) {
  machine.shell(
      "ip addr add 10.0.0.2/32 dev net0; ip route add 10.0.0.1 dev net0;"
      "ip route add default via 10.0.0.1");
  const FoundNetwork found = discover({remote("198.51.100.1")});
  EXPECT_EQ(error, "");
  ASSERT_THAT(found.network.routes, SizeIs(2));
  EXPECT_EQ(found.network.routes[0],
            (plan::Route{.destination = "10.0.0.1/32", .gateway = "", .interface = "net0", .source = ""}));
  EXPECT_EQ(found.network.routes[1].gateway, "10.0.0.1");
}

// NetworkManager adds addresses without the kernel's route to their network, and a route of its own.
TEST_F(DiscoveryTest, AnAddressWithoutItsNetworkComesWithTheRouteThatIsThere) {
  machine.shell(
      "ip addr add 192.0.2.7/24 dev net0 noprefixroute; ip route add 192.0.2.0/24 dev net0 metric 100");
  const FoundNetwork found = discover({remote("192.0.2.1")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces.at(0).addresses, ElementsAre("192.0.2.7/32"));
  EXPECT_THAT(found.network.routes,
              ElementsAre(plan::Route{
                  .destination = "192.0.2.0/24", .gateway = "", .interface = "net0", .source = "192.0.2.7"}));
}

TEST_F(DiscoveryTest, Ipv6ByALinkLocalGateway) {
  machine.shell(
      "ip addr add 2001:db8:1::7/64 dev net0 nodad; ip -6 addr add fe80::7/64 dev net0 nodad;"
      "ip -6 route add default via fe80::1 dev net0");
  const FoundNetwork found = discover({remote("2001:db8:2::1")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces.at(0).addresses, testing::Contains("2001:db8:1::7/64"));
  EXPECT_THAT(found.network.interfaces.at(0).addresses, testing::Contains("fe80::7/64"));
  EXPECT_THAT(
      found.network.routes,
      ElementsAre(plan::Route{
          .destination = "::/0", .gateway = "fe80::1", .interface = "net0", .source = "2001:db8:1::7"}));
}

// Just after a boot.
TEST_F(DiscoveryTest, AnIpv6AddressThatIsNotReadyIsWaitedFor) {
  machine.shell("echo 2 >/proc/sys/net/ipv6/conf/net0/dad_transmits; ip addr add 2001:db8:1::7/64 dev net0");
  EXPECT_THAT(machine.shell("ip addr show dev net0"), HasSubstr("2001:db8:1::7/64 scope global tentative"));
  const FoundNetwork found = discover({remote("2001:db8:1::1")});
  EXPECT_EQ(error, "");
  ASSERT_THAT(found.network.interfaces, SizeIs(1));
  EXPECT_THAT(found.network.interfaces[0].addresses, testing::Contains("2001:db8:1::7/64"));
}

TEST_F(DiscoveryTest, AnAddressThatChangesByItselfIsNotTaken) {
  machine.shell(
      "ip addr add 2001:db8:1::7/64 dev net0 nodad; ip addr add 2001:db8:1::8/64 dev net0 nodad "
      "preferred_lft 0;"
      "ip -6 route add 2001:db8:2::/48 via 2001:db8:1::1 src 2001:db8:1::8");
  const FoundNetwork found = discover({remote("2001:db8:2::1")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces.at(0).addresses, testing::Contains("2001:db8:1::7/64"));
  EXPECT_THAT(found.network.interfaces.at(0).addresses, testing::Not(testing::Contains("2001:db8:1::8/64")));
  EXPECT_EQ(found.network.routes.at(0).source, "");
}

TEST_F(DiscoveryTest, TheOnlyAddressIsTakenWhateverItIs) {
  machine.shell("ip addr add 2001:db8:1::8/64 dev net0 nodad preferred_lft 0");
  const FoundNetwork found = discover({remote("2001:db8:1::1")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces.at(0).addresses, testing::Contains("2001:db8:1::8/64"));
}

TEST_F(DiscoveryTest, AnInterfaceWithoutAnAddressIsAnError) {
  machine.shell(
      "echo 1 >/proc/sys/net/ipv6/conf/net0/addr_gen_mode; ip link set net0 down; ip link set net0 up;"
      "ip -6 route add 2001:db8:1::/64 dev net0");
  const FoundNetwork found = discover({remote("2001:db8:1::1")});
  EXPECT_THAT(error, HasSubstr("interface net0 has no IPv6 address that could be used"));
}

TEST_F(DiscoveryTest, OneAddressThatCanBeReachedIsEnough) {
  machine.shell("ip addr add 192.0.2.7/24 dev net0");
  discover({remote("server.example", {"2001:db8:2::1", "192.0.2.1"})});
  EXPECT_EQ(error, "");
}

TEST_F(DiscoveryTest, NoRouteIsAnErrorThatNamesTheTarget) {
  machine.shell("ip addr add 192.0.2.7/24 dev net0");
  discover({remote("198.51.100.1")});
  EXPECT_THAT(error, HasSubstr("198.51.100.1"));
  EXPECT_THAT(error, HasSubstr("no route to 198.51.100.1"));
  EXPECT_THAT(error, HasSubstr("network is unreachable"));
}

TEST_F(DiscoveryTest, ARouteThatForbidsIsAnError) {
  machine.shell("ip addr add 192.0.2.7/24 dev net0; ip route add prohibit 198.51.100.0/24");
  discover({remote("198.51.100.1")});
  EXPECT_THAT(error, HasSubstr("no route to 198.51.100.1"));
}

TEST_F(DiscoveryTest, ABridgeIsRefusedByName) {
  machine.shell(
      "ip link add name br7 type bridge; ip link set net0 master br7; ip link set br7 up;"
      "ip addr add 192.0.2.7/24 dev br7");
  discover({remote("192.0.2.1")});
  EXPECT_THAT(error, HasSubstr("interface br7 is a bridge"));
  EXPECT_THAT(error, HasSubstr("plain network card"));
}

TEST_F(DiscoveryTest, ATunnelIsRefusedByName) {
  machine.shell("ip tuntap add tap7 mode tap; ip link set tap7 up; ip addr add 192.0.2.7/24 dev tap7");
  discover({remote("192.0.2.1")});
  EXPECT_THAT(error, HasSubstr("interface tap7 is a tunnel"));
}

TEST_F(DiscoveryTest, TheLoopbackIsAnInterfaceToo) {
  const FoundNetwork found = discover({remote("127.0.0.1"), remote("::1")});
  EXPECT_EQ(error, "");
  EXPECT_THAT(found.network.interfaces,
              ElementsAre(plan::Interface{.name = "lo", .mac = "", .mtu = 0, .addresses = {}}));
  EXPECT_THAT(found.network.routes, IsEmpty());
  EXPECT_THAT(found.warnings.at(0), HasSubstr("127.0.0.1 is this machine itself"));
}

TEST_F(DiscoveryTest, ASourceOnAnotherInterfaceGoesToTheLoopback) {
  machine.shell(
      "ip addr add 192.0.2.7/24 dev net0; ip addr add 203.0.113.5/32 dev lo;"
      "ip route add 198.51.100.0/24 via 192.0.2.1 src 203.0.113.5");
  const FoundNetwork found = discover({remote("198.51.100.1")});
  EXPECT_EQ(error, "");
  ASSERT_THAT(found.network.interfaces, SizeIs(2));
  EXPECT_EQ(found.network.interfaces[1].name, "lo");
  EXPECT_THAT(found.network.interfaces[1].addresses, ElementsAre("203.0.113.5/32"));
  EXPECT_EQ(found.network.routes.at(0).source, "203.0.113.5");
}

TEST_F(DiscoveryTest, TwoWaysToOnePrefixAreKeptApart) {
  connect(machine, "net1", neighbour, "peer1");
  neighbour.shell("ip link set peer1 up");
  machine.shell(
      "ip link set net1 up; ip addr add 192.0.2.7/24 dev net0; ip addr add 10.1.0.7/24 dev net1;"
      "ip route add default via 192.0.2.1; ip route add default via 10.1.0.1 table 7;"
      "ip rule add to 198.51.100.2 table 7");
  const FoundNetwork found = discover({remote("198.51.100.1"), remote("198.51.100.2")});
  EXPECT_EQ(error, "");
  ASSERT_THAT(found.network.routes, SizeIs(2));
  EXPECT_EQ(found.network.routes[0].destination, "0.0.0.0/0");
  EXPECT_EQ(found.network.routes[1].destination, "198.51.100.2/32");
  EXPECT_EQ(found.network.routes[1].gateway, "10.1.0.1");
}

TEST_F(DiscoveryTest, AnotherRootHasNoKernelToAsk) {
  const auto found = discover_network(Host("/somewhere"), std::vector{remote("192.0.2.1")});
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().kind(), ErrorKind::unsupported);
  EXPECT_THAT(found.error().message(), HasSubstr("/somewhere"));
}

}  // namespace
}  // namespace kdump::service
