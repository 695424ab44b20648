// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/ip_address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>

#include "common/text.h"

namespace kdump {

uint8_t IpAddress::family() const { return v6 ? AF_INET6 : AF_INET; }

std::string IpAddress::text() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family(), raw.data(), text, sizeof text) == nullptr ? std::string() : text;
}

bool IpAddress::is_link_local() const {
  return v6 && raw[0] == std::byte{0xfe} && (raw[1] & std::byte{0xc0}) == std::byte{0x80};
}

bool IpAddress::is_loopback() const { return v6 ? text() == "::1" : raw[0] == std::byte{127}; }

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string terminated(text);
  IpAddress address{.v6 = text.contains(':')};
  if (inet_pton(address.family(), terminated.c_str(), address.raw.data()) != 1) return std::nullopt;
  return address;
}

std::optional<IpAddress> ip_address_of(Bytes bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  IpAddress address{.v6 = bytes.size() == 16};
  std::ranges::copy(bytes, address.raw.begin());
  return address;
}

std::string IpPrefix::text() const { return fmt::format("{}/{}", address.text(), length); }

IpPrefix IpPrefix::network() const {
  IpPrefix result = *this;
  for (size_t bit = length; bit < address.raw.size() * 8; ++bit)
    result.address.raw[bit / 8] &= ~(std::byte{0x80} >> (bit % 8));
  return result;
}

bool IpPrefix::contains(const IpAddress& other) const {
  return other.v6 == address.v6 && IpPrefix{other, length}.network() == network();
}

IpPrefix host_prefix(const IpAddress& address) { return {address, address.bits()}; }

std::optional<IpPrefix> parse_ip_prefix(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = parse_ip_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return host_prefix(*address);
  const auto length = parse_u64(text.substr(slash + 1));
  if (!length || *length > address->bits()) return std::nullopt;
  return IpPrefix{*address, static_cast<uint8_t>(*length)};
}

}  // namespace kdump
