// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/netlink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <bit>

#include "common/network_link.h"
#include "common/text.h"

namespace kdump::netlink {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

ByteVector bytes_from(std::string_view hex) {
  ByteVector bytes;
  for (size_t i = 0; i + 2 <= hex.size(); i += 2)
    bytes.push_back(std::byte{static_cast<uint8_t>(*parse_u64(hex.substr(i, 2), 16))});
  return bytes;
}

// Netlink speaks the machine's own byte order; what was recorded is little-endian.
class Netlink : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(std::endian::native, std::endian::little); }
};

TEST_F(Netlink, ARequestIsEncodedAsTheKernelReadsIt) {
  rtmsg fixed{};
  fixed.rtm_family = 2;
  fixed.rtm_dst_len = 32;
  Request request(RTM_GETROUTE, 0, fixed);
  request.add(RTA_DST, bytes_from("c6336409")).add(RTA_OIF, 3U);
  EXPECT_EQ(request.encode(7), bytes_from("2c000000"  // length
                                          "1a00"      // RTM_GETROUTE
                                          "0500"      // NLM_F_REQUEST | NLM_F_ACK
                                          "07000000"  // sequence
                                          "00000000"  // port
                                          "02200000000000000000"
                                          "0000"  // rtmsg
                                          "08000100"
                                          "c6336409"  // RTA_DST
                                          "08000400"
                                          "03000000"));  // RTA_OIF
}

TEST_F(Netlink, AttributesArePaddedTo4) {
  const ifinfomsg fixed{};
  Request request(RTM_NEWLINK, 0, fixed);
  request.add(3, bytes_of(std::string_view("net0\0", 5))).add(4, 1400U);
  const ByteVector encoded = request.encode(1);
  ASSERT_THAT(encoded, SizeIs(16 + 16 + 12 + 8));
  const auto messages = parse_messages(encoded);
  ASSERT_TRUE(messages);
  const auto parsed = parse_body<ifinfomsg>(messages->at(0));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->attributes.text(3), "net0");
  EXPECT_EQ(parsed->attributes.number(4), 1400U);
  EXPECT_FALSE(parsed->attributes.number(3));
  EXPECT_FALSE(parsed->attributes.find(5));
}

// From a 6.18 kernel: RTM_GETROUTE that found no route, and NLMSG_DONE.
TEST_F(Netlink, AVerdictCarriesTheErrno) {
  const auto messages =
      parse_messages(bytes_from("240000000200000107000000685f00009bffffff240000001a0005000700000000000000"
                                "14000000030002000700000000000000"
                                "00000000"));
  ASSERT_TRUE(messages);
  ASSERT_THAT(*messages, SizeIs(2));
  const Status verdict = parse_verdict(messages->at(0));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().errno_value(), ENETUNREACH);
  EXPECT_EQ(messages->at(1).type, NLMSG_DONE);
}

TEST_F(Netlink, AVerdictMayHaveTheKernelsOwnWords) {
  const auto messages =
      parse_messages(bytes_from("3800000002000003070000000000000"
                                "0"
                                "eaffffff"
                                "24000000180005060700000000000000"
                                "14000100"
                                "42616420676174657761790000000000"));
  ASSERT_TRUE(messages) << messages.error().message();
  const Status verdict = parse_verdict(messages->at(0));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().message(), "kernel: Bad gateway: invalid argument");
}

TEST_F(Netlink, BytesThatDoNotFitAreRefused) {
  EXPECT_FALSE(parse_messages(bytes_from("ff00000003000200070000000000000000000000")));  // longer than it is
  EXPECT_FALSE(
      parse_messages(bytes_from("0800000003000200070000000000000000000000")));  // shorter than a header
  EXPECT_FALSE(parse_messages(bytes_from("140000000300")));
  EXPECT_FALSE(Attributes::parse(bytes_from("0900010000000000")));
  EXPECT_FALSE(Attributes::parse(bytes_from("0300010000000000")));
  const Message empty{.type = RTM_NEWLINK, .flags = 0, .sequence = 0, .body = {}};
  EXPECT_FALSE(parse_body<ifinfomsg>(empty));
  EXPECT_FALSE(parse_verdict(empty));
}

TEST_F(Netlink, ALinkIsRead) {
  // RTM_NEWLINK of a 6.18 kernel, cut down to IFLA_IFNAME, IFLA_MTU, IFLA_ADDRESS and IFLA_LINKINFO.
  const auto messages =
      parse_messages(bytes_from("50000000100000000700000000000000"
                                "00000100"
                                "03000000"
                                "43100100"
                                "00000000"
                                "090003006e65743000000000"
                                "0800040078050000"
                                "0a00010052540012345600"
                                "00"
                                "10001200"
                                "0900010076657468"
                                "00000000"));
  ASSERT_TRUE(messages) << messages.error().message();
  const auto link = parse_link(messages->at(0));
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->index, 3);
  EXPECT_EQ(link->name, "net0");
  EXPECT_EQ(link->mac, "52:54:00:12:34:56");
  EXPECT_EQ(link->permanent_mac, "");
  EXPECT_EQ(link->kind, "veth");
  EXPECT_EQ(link->mtu, 1400);
  EXPECT_EQ(link->hardware, 1U);
  EXPECT_EQ(link->flags, 0x11043U);
}

TEST_F(Netlink, TheLoopbackIsThere) {
  auto socket = Socket::open();
  ASSERT_TRUE(socket) << socket.error().message();
  const auto links = all_links(*socket);
  ASSERT_TRUE(links) << links.error().message();
  EXPECT_THAT(*links, testing::Contains(testing::Field(&Link::name, "lo")));
  const auto missing = link_at(*socket, 0x7ffffff0);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().errno_value(), ENODEV);
}

}  // namespace
}  // namespace kdump::netlink
