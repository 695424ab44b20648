// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_private_key.h"

#include <algorithm>
#include <cstring>

#include "common/cursor.h"
#include "common/endian.h"
#include "makedumpfile/sink/ssh/ssh_base64.h"

namespace kdump {
namespace {

constexpr std::string_view kOpensshMagic("openssh-key-v1\0", 15);  // openssh PROTOCOL.key

struct PemKind {
  std::string_view label;
  std::string_view type;    // what it holds, when the label tells and it can be used
  std::string_view remedy;  // otherwise
};

constexpr std::string_view kConvert = "convert it with ssh-keygen -p -f";
constexpr PemKind kPemKinds[] = {
    {.label = "EC PRIVATE KEY", .type = "ecdsa", .remedy = {}},
    {.label = "RSA PRIVATE KEY", .type = "ssh-rsa", .remedy = {}},
    {.label = "DSA PRIVATE KEY", .type = "ssh-dss", .remedy = {}},
    {.label = "PRIVATE KEY", .type = {}, .remedy = kConvert},
    {.label = "ENCRYPTED PRIVATE KEY", .type = {}, .remedy = "remove its passphrase with ssh-keygen -p -f"},
};

constexpr std::string_view kWorking[] = {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                                         "ecdsa-sha2-nistp521", "ecdsa"};

Result<std::string_view> ssh_string(Cursor& cursor, std::string_view field) {
  const be32 size = TRY(cursor.read<be32>(field));
  return text_of(TRY(cursor.bytes(size, field)));
}

// The public half, which stands before the private one and is never encrypted.
Result<std::string> openssh_key_type(std::string_view body, const std::string& name) {
  std::string packed;
  std::ranges::copy_if(body, std::back_inserter(packed), [](char c) { return c != '\n' && c != '\r'; });
  const std::optional<ByteVector> raw = decode_base64(packed);
  if (!raw) return fail(ErrorKind::corrupt, "{}: not a private key of OpenSSH: its base64 is damaged", name);
  Cursor cursor(*raw, name);
  if (text_of(TRY(cursor.bytes(kOpensshMagic.size(), "magic"))) != kOpensshMagic)
    return cursor.corrupt("magic", "expected openssh-key-v1");
  const std::string_view cipher = TRY(ssh_string(cursor, "ciphername"));
  TRY(ssh_string(cursor, "kdfname"));
  TRY(ssh_string(cursor, "kdfoptions"));
  TRY(cursor.skip(sizeof(be32), "number of keys"));
  Cursor key(bytes_of(TRY(ssh_string(cursor, "public key"))), name);
  std::string type(TRY(ssh_string(key, "key type")));
  if (cipher != "none") {
    return fail(
        "{} has a passphrase, which nobody can type after a panic: remove it with ssh-keygen -p -f {}", name,
        name);
  }
  return type;
}

Status check_type(std::string_view type, const std::string& name, bool rsa_works) {
  if (std::ranges::find(kWorking, type) != std::end(kWorking)) return {};
  if (type == "ssh-rsa" && rsa_works) return {};
  if (type == "ssh-rsa") {
    return fail(
        ErrorKind::unsupported,
        "{} is an RSA key, which needs libssh2 1.11 or newer: make an Ed25519 key with kdumpctl propagate "
        "or ssh-keygen -t ed25519",
        name);
  }
  return fail(
      ErrorKind::unsupported,
      "{} is a key of type {}, expected ssh-ed25519 or ecdsa-sha2-nistp*: make one with kdumpctl propagate "
      "or ssh-keygen -t ed25519",
      name, type);
}

// What stands between "-----BEGIN LABEL-----" and the end line.
struct PemBlock {
  std::string_view label;
  std::string_view body;
};

Result<PemBlock> pem_block(std::string_view content, const std::string& name) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kDashes = "-----";
  const size_t begin = content.find(kBegin);
  const size_t label = begin + kBegin.size();
  const size_t label_end =
      begin == std::string_view::npos ? std::string_view::npos : content.find(kDashes, label);
  const size_t end =
      label_end == std::string_view::npos ? std::string_view::npos : content.find("-----END ", label_end);
  if (end == std::string_view::npos) {
    return fail(
        "{} is not a private key (expected -----BEGIN OPENSSH PRIVATE KEY-----): make one with "
        "kdumpctl propagate or ssh-keygen -t ed25519",
        name);
  }
  const size_t body = label_end + kDashes.size();
  return PemBlock{content.substr(label, label_end - label), content.substr(body, end - body)};
}

Result<std::string> pem_key_type(const PemBlock& block, const std::string& name) {
  const PemKind* kind = std::ranges::find(kPemKinds, block.label, &PemKind::label);
  if (kind == std::end(kPemKinds)) return fail("{} holds a {}, expected a private key", name, block.label);
  if (!kind->remedy.empty()) return fail("{} holds a {}: {} {}", name, block.label, kind->remedy, name);
  if (block.body.contains("ENCRYPTED")) {
    return fail(
        "{} has a passphrase, which nobody can type after a panic: remove it with ssh-keygen -p -f {}", name,
        name);
  }
  return std::string(kind->type);
}

}  // namespace

Result<std::string> check_private_key(std::string_view content, const std::string& name, bool rsa_works) {
  const PemBlock block = TRY(pem_block(content, name));
  std::string type = TRY(block.label == "OPENSSH PRIVATE KEY" ? openssh_key_type(block.body, name)
                                                              : pem_key_type(block, name));
  TRY(check_type(type, name, rsa_works));
  return type;
}

}  // namespace kdump
