// SPDX-License-Identifier: GPL-2.0-or-later
// Bringing up what was found: one machine is looked at, another one, fresh but with the same hardware, is
// set up like it, and has to reach the server.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "common/process.h"
#include "initramfs/capture/network.h"
#include "kdumpd/network/network.h"
#include "tests/unit/network/namespaces.h"

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

constexpr const char* kMac = "52:54:00:12:34:56";
constexpr const char* kPort = "7777";

addrinfo* resolved(const std::string& address) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), kPort, &hints, &found) != 0) ADD_FAILURE() << address;
  return found;
}

UniqueFd listening(const std::string& address) {
  addrinfo* const where = resolved(address);
  UniqueFd fd(socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(fd.get(), where->ai_addr, where->ai_addrlen) != 0 || listen(fd.get(), 1) != 0)
    ADD_FAILURE() << address << ": " << errno_text(errno);
  freeaddrinfo(where);
  return fd;
}

std::string connect_error(const std::string& address) {
  addrinfo* const where = resolved(address);
  const UniqueFd fd(socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int result = connect(fd.get(), where->ai_addr, where->ai_addrlen);
  freeaddrinfo(where);
  return result == 0 ? "" : errno_text(errno);
}

plan::Target remote(const std::string& address) {
  plan::Target target;
  target.kind = plan::TargetKind::ssh;
  target.server = {.host = address, .addresses = {address}, .port = 0};
  return target;
}

// machine and after are the same one before and after the crash; router leads to the server's addresses.
class BringUpTest : public testing::Test {
 protected:
  BringUpTest() {
    connect(machine, "enp1s0", router, "left");
    machine.shell(fmt::format("ip link set enp1s0 address {} mtu 1400 up", kMac));
    router.shell(
        "echo 0 >/proc/sys/net/ipv6/conf/left/accept_dad; ip link set lo up; ip link set left up;"
        "ip addr add 192.0.2.1/24 dev left; ip addr add 2001:db8:1::1/64 dev left nodad;"
        "ip addr add fe80::1/64 dev left nodad;"
        "ip addr add 198.51.100.1/32 dev lo; ip addr add 2001:db8:2::1/128 dev lo");
  }

  plan::Network found(const std::vector<std::string>& addresses) const {
    const Inside inside(machine);
    std::vector<plan::Target> targets;
    for (const std::string& address : addresses) targets.push_back(remote(address));
    const auto network = service::discover_network(service::Host(), targets);
    if (!network) ADD_FAILURE() << network.error().message();
    return network ? network->network : plan::Network{};
  }

  // The machine is gone; its hardware comes up under another name.
  void crash() {
    machine.shell("ip link del enp1s0");
    connect(after, "eth0", router, "left");
    after.shell(fmt::format("ip link set eth0 address {}", kMac));
    router.shell(
        "echo 0 >/proc/sys/net/ipv6/conf/left/accept_dad; ip link set left up; ip addr add 192.0.2.1/24 dev "
        "left;"
        "ip addr add 2001:db8:1::1/64 dev left nodad; ip addr add fe80::1/64 dev left nodad");
  }

  Result<NetworkUp> bring_up_after(const plan::Network& network, milliseconds limit = seconds(20)) const {
    const Inside inside(after);
    return bring_up(network, steady_clock::now() + limit);
  }

  void expect_connection(const std::string& address) const {
    const UniqueFd server = [&] {
      const Inside inside(router);
      return listening(address);
    }();
    const Inside inside(after);
    EXPECT_EQ(connect_error(address), "") << address << after.shell("ip addr; ip route; ip -6 route");
  }

  // A machine that has 10.0.0.2 and no network of its own, set up by `commands`, gets beyond its gateway.
  void expect_connection_of_a_lone_address(const std::string& commands) {
    constexpr const char* kWayBack = "ip route add 10.0.0.2 dev left";
    router.shell(kWayBack);
    machine.shell(commands);
    const plan::Network network = found({"198.51.100.1"});
    crash();
    router.shell(kWayBack);
    const auto up = bring_up_after(network);
    ASSERT_TRUE(up.has_value()) << up.error().message();
    EXPECT_EQ(up->warning, "");
    expect_connection("198.51.100.1");
  }

  Namespace machine;
  Namespace after;
  Namespace router;
};

TEST_F(BringUpTest, ANeighbourAndWhatIsBeyondTheRouterAreReached) {
  machine.shell(
      "ip addr add 192.0.2.7/24 dev enp1s0; ip route add default via 192.0.2.1;"
      "ip addr add 2001:db8:1::7/64 dev enp1s0 nodad; ip -6 route add default via fe80::1 dev enp1s0");
  const plan::Network network = found({"192.0.2.1", "198.51.100.1", "2001:db8:1::1", "2001:db8:2::1"});
  crash();
  const auto up = bring_up_after(network);
  ASSERT_TRUE(up.has_value()) << up.error().message();
  EXPECT_THAT(up->described, HasSubstr("eth0 (enp1s0 before the crash): 192.0.2.7/24"));
  EXPECT_EQ(up->warning, "");
  for (const char* address : {"192.0.2.1", "198.51.100.1", "2001:db8:1::1", "2001:db8:2::1"})
    expect_connection(address);
  EXPECT_THAT(after.shell("ip link show eth0"), HasSubstr("mtu 1400"));
}

TEST_F(BringUpTest, AnAddressAloneWithARouteToItsGateway) {
  expect_connection_of_a_lone_address(
      "ip addr add 10.0.0.2/32 dev enp1s0; ip route add 192.0.2.1 dev enp1s0;"
      "ip route add default via 192.0.2.1");
}

TEST_F(BringUpTest, AnIpv6GatewayOfIpv4) {
  expect_connection_of_a_lone_address(
      "ip addr add 10.0.0.2/32 dev enp1s0; ip addr add fe80::7/64 dev enp1s0 nodad;"
      "ip -4 route add default via inet6 fe80::1 dev enp1s0");
}

TEST_F(BringUpTest, ASecondTimeIsNoError) {
  machine.shell("ip addr add 192.0.2.7/24 dev enp1s0; ip route add default via 192.0.2.1");
  const plan::Network network = found({"198.51.100.1"});
  crash();
  ASSERT_TRUE(bring_up_after(network).has_value());
  const auto again = bring_up_after(network);
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(again->warning, "");
}

TEST_F(BringUpTest, AnInterfaceThatComesLateIsWaitedFor) {
  machine.shell("ip addr add 192.0.2.7/24 dev enp1s0");
  const plan::Network network = found({"192.0.2.1"});
  machine.shell("ip link del enp1s0");
  std::optional<Result<NetworkUp>> up;
  {
    auto late = spawn_function([&] {
      std::this_thread::sleep_for(milliseconds(500));
      after.shell(fmt::format("ip link add name eth0 address {} type veth peer name left netns {}", kMac,
                              router.path()));
      router.shell("ip link set left up; ip addr add 192.0.2.1/24 dev left");
      return 0;
    });
    ASSERT_TRUE(late.has_value());
    up = bring_up_after(network);
    [[maybe_unused]] const auto ended = late->wait();
  }
  ASSERT_TRUE(up->has_value()) << up->error().message();
  expect_connection("192.0.2.1");
}

TEST_F(BringUpTest, NoSuchMacAddressIsToldWithThoseThereAre) {
  plan::Network network;
  network.interfaces = {
      {.name = "enp1s0", .mac = "52:54:00:00:00:99", .mtu = 0, .addresses = {"192.0.2.7/24"}}};
  crash();
  const auto start = steady_clock::now();
  const auto up = bring_up_after(network, milliseconds(500));
  EXPECT_GE(steady_clock::now() - start, milliseconds(500));
  ASSERT_FALSE(up.has_value());
  EXPECT_THAT(up.error().message(), HasSubstr("no interface with the MAC address 52:54:00:00:00:99"));
  EXPECT_THAT(up.error().message(), HasSubstr("here: eth0 52:54:00:12:34:56"));
}

TEST_F(BringUpTest, NoCarrierIsTold) {
  machine.shell("ip addr add 192.0.2.7/24 dev enp1s0");
  const plan::Network network = found({"192.0.2.1"});
  crash();
  router.shell("ip link set left down");
  const auto up = bring_up_after(network, milliseconds(500));
  ASSERT_FALSE(up.has_value());
  EXPECT_THAT(up.error().message(),
              HasSubstr("eth0 (enp1s0 before the crash), 52:54:00:12:34:56, has no carrier"));
}

TEST_F(BringUpTest, OneOfTwoIsAWarning) {
  machine.shell("ip addr add 192.0.2.7/24 dev enp1s0");
  plan::Network network = found({"192.0.2.1"});
  network.interfaces.push_back(
      {.name = "enp2s0", .mac = "52:54:00:00:00:99", .mtu = 0, .addresses = {"10.0.0.1/8"}});
  network.routes.push_back(
      {.destination = "0.0.0.0/0", .gateway = "10.0.0.2", .interface = "enp2s0", .source = ""});
  crash();
  const auto up = bring_up_after(network, seconds(3));
  ASSERT_TRUE(up.has_value()) << up.error().message();
  EXPECT_THAT(up->warning, HasSubstr("enp2s0"));
  expect_connection("192.0.2.1");
}

TEST_F(BringUpTest, ASourceThatIsNotThereKeepsNoRouteAway) {
  machine.shell("ip addr add 192.0.2.7/24 dev enp1s0; ip route add default via 192.0.2.1");
  plan::Network network = found({"198.51.100.1"});
  network.routes.at(0).source = "192.0.2.8";
  crash();
  const auto up = bring_up_after(network);
  ASSERT_TRUE(up.has_value()) << up.error().message();
  EXPECT_EQ(up->warning, "");
  expect_connection("198.51.100.1");
}

TEST_F(BringUpTest, TheLoopbackComesUp) {
  plan::Network network;
  network.interfaces = {{.name = "lo", .mac = "", .mtu = 0, .addresses = {"203.0.113.5/32"}}};
  const auto up = bring_up_after(network);
  ASSERT_TRUE(up.has_value()) << up.error().message();
  const Inside inside(after);
  for (const char* address : {"127.0.0.1", "::1", "203.0.113.5"}) {
    const UniqueFd server = listening(address);
    EXPECT_EQ(connect_error(address), "") << address;
  }
}

TEST(MatchingLink, IsTheOneThatSpeaksForTheOthers) {
  netlink::Link standby;
  standby.index = 2;
  standby.name = "eth0nsby";
  standby.mac = kMac;
  standby.master = 4;
  netlink::Link card;
  card.index = 4;
  card.name = "eth1";
  card.mac = kMac;
  const plan::Interface wanted{.name = "enp1s0", .mac = kMac, .mtu = 0, .addresses = {}};
  const std::vector<netlink::Link> links = {standby, card};
  ASSERT_NE(matching_link(links, wanted), nullptr);
  EXPECT_EQ(matching_link(links, wanted)->index, 4);
}

TEST(MatchingLink, OfTwoWithOneAddressTheNameDecides) {
  netlink::Link first;
  first.index = 2;
  first.name = "eth0";
  first.mac = kMac;
  netlink::Link second = first;
  second.index = 3;
  second.name = "enp1s0";
  netlink::Link by_hardware = first;
  by_hardware.mac = "02:00:00:00:00:01";
  by_hardware.permanent_mac = kMac;
  const plan::Interface wanted{.name = "enp1s0", .mac = kMac, .mtu = 0, .addresses = {}};
  const std::vector<netlink::Link> two = {first, second};
  EXPECT_EQ(matching_link(two, wanted)->index, 3);
  const std::vector<netlink::Link> changed = {by_hardware};
  EXPECT_NE(matching_link(changed, wanted), nullptr);
  EXPECT_EQ(matching_link({}, wanted), nullptr);
}

TEST(ResolvConf, NamesServersAndDomains) {
  const plan::Network network{.interfaces = {},
                              .routes = {},
                              .name_servers = {"192.0.2.53", "2001:db8::53"},
                              .search = {"a.example", "b"}};
  EXPECT_EQ(resolv_conf(network), "search a.example b\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n");
}

}  // namespace
}  // namespace kdump::capture
