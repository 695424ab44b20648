// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_base64.h"

#include <string>

namespace kdump {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned kDigitBits = 6;

}  // namespace

std::optional<ByteVector> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  ByteVector out;
  out.reserve(text.size() * 3 / 4);
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    held = (held << kDigitBits | static_cast<unsigned>(digit)) & 0xffff;
    bits += kDigitBits;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::byte>(held >> bits & 0xff));
  }
  return out;
}

std::string encode_base64_unpadded(Bytes data) {
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const std::byte byte : data) {
    held = (held << 8 | std::to_integer<unsigned>(byte)) & 0xffff;
    bits += 8;
    for (; bits >= kDigitBits; bits -= kDigitBits) out += kDigits[held >> (bits - kDigitBits) & 0x3f];
  }
  if (bits > 0) out += kDigits[held << (kDigitBits - bits) & 0x3f];
  return out;
}

}  // namespace kdump
