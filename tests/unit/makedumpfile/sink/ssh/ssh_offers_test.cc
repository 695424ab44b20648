// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_offers.h"

#include <gtest/gtest.h>

#include "common/endian.h"

namespace kdump {
namespace {

void add(std::string& text, std::string_view list) {
  const be32 size(static_cast<uint32_t>(list.size()));
  text += text_of(bytes_of(size));
  text += list;
}

std::string hello() {
  std::string text = "a line before it\r\nSSH-2.0-Test_1\r\n";
  text += std::string("\0\0\1\0\4\x14", 6) + std::string(16, 'c');
  for (const char* list : {"kex-a,kex-b", "ssh-ed25519", "aes", "aes-back", "hmac", "hmac-back"})
    add(text, list);
  return text;
}

TEST(SshOffers, ListsStandWhereTheRfcHasThem) {
  const SshOffers offers = parse_offers(bytes_of(hello()));
  EXPECT_EQ(offers.banner, "SSH-2.0-Test_1");
  EXPECT_EQ(offers.key_exchange, "kex-a,kex-b");
  EXPECT_EQ(offers.host_key_types, "ssh-ed25519");
  EXPECT_EQ(offers.ciphers, "aes");
  EXPECT_EQ(offers.macs, "hmac");
}

TEST(SshOffers, WhatIsCutOffIsEmpty) {
  const std::string text = hello();
  for (size_t size = 0; size < text.size(); ++size) {
    const SshOffers offers = parse_offers(bytes_of(std::string_view(text).substr(0, size)));
    EXPECT_TRUE(offers.macs.empty() || offers.macs == "hmac");
  }
  EXPECT_EQ(parse_offers(bytes_of(std::string_view("HTTP/1.0 400\r\n"))).banner, "");
}

}  // namespace
}  // namespace kdump
