// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_known_hosts.h"

#include <fnmatch.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "makedumpfile/sink/ssh/ssh_base64.h"
#include "makedumpfile/sink/ssh/ssh_target.h"

namespace kdump {
namespace {

std::string_view take_until(std::string_view& text, std::string_view separators) {
  const size_t end = std::min(text.find_first_of(separators), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
  return take_until(line, " \t\r");
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// "|1|salt|hash": HMAC-SHA1 of the name.
bool hashed_name_is(std::string_view field, std::string_view name) {
  field.remove_prefix(std::string_view("|1|").size());
  const std::optional<ByteVector> salt = decode_base64(take_until(field, "|"));
  const std::optional<ByteVector> hash = decode_base64(field);
  if (!salt || !hash) return false;
  std::array<std::byte, EVP_MAX_MD_SIZE> computed{};
  unsigned size = 0;
  HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()),
       reinterpret_cast<const unsigned char*>(name.data()), name.size(),
       reinterpret_cast<unsigned char*>(computed.data()), &size);
  return std::ranges::equal(Bytes(computed).first(size), *hash);
}

// '[' is no range here, as fnmatch would have it, but the start of "[host]:port".
bool pattern_matches(std::string_view pattern, const std::string& name) {
  std::string escaped;
  for (const char c : lower(pattern)) {
    if (c == '[' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return fnmatch(escaped.c_str(), name.c_str(), 0) == 0;
}

bool names_match(std::string_view names, const std::string& name) {
  if (names.starts_with("|1|")) return hashed_name_is(names, name);
  bool matched = false;
  while (!names.empty()) {
    std::string_view pattern = take_until(names, ",");
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (pattern.empty() || !pattern_matches(pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

void read_line(std::string_view line, const std::string& name, PinnedHostKeys& keys) {
  std::string_view marker;
  std::string_view names = take_word(line);
  if (names.empty() || names.starts_with('#')) return;
  if (names.starts_with('@')) {
    marker = names;
    names = take_word(line);
  }
  HostKey key;
  key.type = take_word(line);
  std::optional<ByteVector> blob = decode_base64(take_word(line));
  if (key.type.empty() || !blob || blob->empty()) return;
  key.blob = std::move(*blob);
  if (marker == "@revoked")
    keys.revoked.push_back(std::move(key));
  else if (marker.empty() && names_match(names, name))
    keys.accepted.push_back(std::move(key));
}

std::string known_name(std::string_view host, uint16_t port) {
  return lower(port == kSshPort ? std::string(host) : fmt::format("[{}]:{}", host, port));
}

}  // namespace

Result<PinnedHostKeys> pinned_host_keys(std::string_view known_hosts, std::string_view host, uint16_t port) {
  const std::string name = known_name(host, port);
  PinnedHostKeys keys;
  while (!known_hosts.empty()) read_line(take_until(known_hosts, "\n"), name, keys);
  if (keys.accepted.empty()) {
    return fail(
        "no host key of {} is known, log in once with ssh or add it with ssh-keyscan -p {} -t ed25519 {}",
        name, port, host);
  }
  return keys;
}

std::string pinning_lines(std::string_view known_hosts, std::string_view host, uint16_t port) {
  const std::string name = known_name(host, port);
  std::string kept;
  while (!known_hosts.empty()) {
    std::string_view line = take_until(known_hosts, "\n");
    PinnedHostKeys keys;
    read_line(line, name, keys);
    if (keys.accepted.empty() && keys.revoked.empty()) continue;
    const int words = keys.revoked.empty() ? 3 : 4;  // with the marker
    for (int word = 0; word < words; ++word)
      kept.append(take_word(line)).append(word + 1 < words ? " " : "\n");
  }
  return kept;
}

std::string host_key_fingerprint(Bytes blob) {
  std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(blob.data(), blob.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
             nullptr);
  return "SHA256:" + encode_base64_unpadded(Bytes(digest).first(size));
}

}  // namespace kdump
