// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/ip_address.h"

#include <gtest/gtest.h>

namespace kdump {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"192.0.2.7", "0.0.0.0", "2001:db8::7", "::", "fe80::1"}) {
    const auto address = parse_ip_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
    EXPECT_EQ(ip_address_of(address->bytes()), address);
  }
}

TEST(IpAddress, TakesLiteralsAlone) {
  for (const char* text :
       {"", "server.example", "192.0.2", "192.0.2.256", "[::1]", "fe80::1%eth0", "1.2.3.4/24"})
    EXPECT_FALSE(parse_ip_address(text)) << text;
  EXPECT_FALSE(ip_address_of(Bytes()));
}

TEST(IpAddress, KnowsTheSpecialOnes) {
  EXPECT_TRUE(parse_ip_address("fe80::1")->is_link_local());
  EXPECT_TRUE(parse_ip_address("febf::1")->is_link_local());
  EXPECT_FALSE(parse_ip_address("fec0::1")->is_link_local());
  EXPECT_TRUE(parse_ip_address("127.0.0.53")->is_loopback());
  EXPECT_TRUE(parse_ip_address("::1")->is_loopback());
  EXPECT_FALSE(parse_ip_address("128.0.0.1")->is_loopback());
}

TEST(IpPrefix, ReadsAndWrites) {
  EXPECT_EQ(parse_ip_prefix("192.0.2.7/24")->text(), "192.0.2.7/24");
  EXPECT_EQ(parse_ip_prefix("192.0.2.7")->text(), "192.0.2.7/32");
  EXPECT_EQ(parse_ip_prefix("2001:db8::7")->text(), "2001:db8::7/128");
  for (const char* text : {"192.0.2.7/33", "192.0.2.7/", "192.0.2.7/-1", "2001:db8::/129", "/24"})
    EXPECT_FALSE(parse_ip_prefix(text)) << text;
}

TEST(IpPrefix, HoldsItsNetwork) {
  EXPECT_EQ(parse_ip_prefix("192.0.2.135/25")->network().text(), "192.0.2.128/25");
  EXPECT_EQ(parse_ip_prefix("2001:db8:1:2::7/47")->network().text(), "2001:db8::/47");
  const IpPrefix prefix = *parse_ip_prefix("192.0.2.7/25");
  EXPECT_TRUE(prefix.contains(*parse_ip_address("192.0.2.127")));
  EXPECT_FALSE(prefix.contains(*parse_ip_address("192.0.2.128")));
  EXPECT_FALSE(parse_ip_prefix("::/0")->contains(*parse_ip_address("192.0.2.1")));
  EXPECT_TRUE(parse_ip_prefix("0.0.0.0/0")->contains(*parse_ip_address("192.0.2.1")));
}

}  // namespace
}  // namespace kdump
