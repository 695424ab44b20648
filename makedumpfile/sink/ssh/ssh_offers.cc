// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_offers.h"

#include "common/cursor.h"
#include "common/endian.h"

namespace kdump {
namespace {

constexpr uint8_t kKexInit = 20;
constexpr size_t kCookieBytes = 16;

Result<std::string> name_list(Cursor& cursor, std::string_view field) {
  const be32 size = TRY(cursor.read<be32>(field));
  return std::string(text_of(TRY(cursor.bytes(size, field))));
}

Status parse_key_exchange(Cursor cursor, SshOffers& offers) {
  TRY(cursor.skip(sizeof(be32) + 1, "packet and padding length"));
  if (TRY(cursor.read<uint8_t>("message")) != kKexInit)
    return cursor.corrupt("message", "expected SSH_MSG_KEXINIT");
  TRY(cursor.skip(kCookieBytes, "cookie"));
  offers.key_exchange = TRY(name_list(cursor, "kex_algorithms"));
  offers.host_key_types = TRY(name_list(cursor, "server_host_key_algorithms"));
  offers.ciphers = TRY(name_list(cursor, "encryption_algorithms_client_to_server"));
  TRY(name_list(cursor, "encryption_algorithms_server_to_client"));
  offers.macs = TRY(name_list(cursor, "mac_algorithms_client_to_server"));
  return {};
}

}  // namespace

SshOffers parse_offers(Bytes first_bytes) {
  SshOffers offers;
  // Other lines may stand before the banner.
  while (true) {
    const std::string_view text = text_of(first_bytes);
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return offers;
    std::string_view line = text.substr(0, end);
    first_bytes = first_bytes.subspan(end + 1);
    if (!line.starts_with("SSH-")) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    offers.banner = line;
    // A part of it is better than nothing.
    static_cast<void>(parse_key_exchange(Cursor(first_bytes, "KEXINIT"), offers).has_value());
    return offers;
  }
}

}  // namespace kdump
