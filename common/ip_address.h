// SPDX-License-Identifier: GPL-2.0-or-later
// IPv4 and IPv6 addresses as literals and as the kernel's bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.h"

namespace kdump {

struct IpAddress {
  bool v6 = false;
  std::array<std::byte, 16> raw{};  // in network order; of IPv4 the first four

  [[nodiscard]] Bytes bytes() const { return Bytes(raw).first(v6 ? 16 : 4); }
  [[nodiscard]] uint8_t bits() const { return v6 ? 128 : 32; }
  [[nodiscard]] uint8_t family() const;  // AF_INET, AF_INET6
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_link_local() const;  // fe80::/10
  [[nodiscard]] bool is_loopback() const;    // 127.0.0.0/8, ::1

  bool operator==(const IpAddress&) const = default;
};

// "192.0.2.7", "2001:db8::7"; no brackets, no zone ("%eth0"), no names.
std::optional<IpAddress> parse_ip_address(std::string_view text);
// 4 bytes or 16; nothing for another count.
std::optional<IpAddress> ip_address_of(Bytes bytes);

// An address with the length of its network's prefix, in bits.
struct IpPrefix {
  IpAddress address;
  uint8_t length = 0;

  [[nodiscard]] std::string text() const;  // "192.0.2.7/24"
  [[nodiscard]] bool contains(const IpAddress& other) const;
  // All bits after the prefix 0: "192.0.2.0/24".
  [[nodiscard]] IpPrefix network() const;

  bool operator==(const IpPrefix&) const = default;
};

IpPrefix host_prefix(const IpAddress& address);
// "192.0.2.7/24"; without a length the address alone, /32 or /128.
std::optional<IpPrefix> parse_ip_prefix(std::string_view text);

}  // namespace kdump
