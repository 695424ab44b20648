// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_login.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "common/file.h"
#include "makedumpfile/sink/remote/net_connect.h"
#include "makedumpfile/sink/ssh/ssh_known_hosts.h"
#include "makedumpfile/sink/ssh/ssh_offers.h"
#include "makedumpfile/sink/ssh/ssh_private_key.h"
#include "makedumpfile/sink/ssh/ssh_session.h"

namespace kdump::ssh {
namespace {

constexpr unsigned kKeepaliveSeconds = 15;
// The capture kernel has one processor, and libssh2's own order begins with the slowest.
constexpr std::string_view kFastCiphers[] = {"aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
                                             "aes128-ctr"};

// The key types to ask for, for a type of known_hosts: an RSA key signs in ways that have names of their own.
std::string algorithms_of(std::string_view type) {
  if (type != "ssh-rsa") return std::string(type);
  return ssh_rsa_works() ? "rsa-sha2-512,rsa-sha2-256" : "";
}

// The steps, which share what they learn.
class Login {
 public:
  explicit Login(const SshTarget& target)
      : target_(target),
        peer_(fmt::format("{}@{} port {}", target.user, target.address, target.port)),
        deadline_(target.connect_timeout) {}

  Result<std::unique_ptr<Connection>> run();

 private:
  Status read_key();
  Status read_pins();
  Status open_connection();
  void prefer_fast_ciphers();
  Status exchange_keys();
  Status verify_host_key();
  Status authenticate();
  [[nodiscard]] std::vector<std::string> supported_algorithms(int method) const;
  [[nodiscard]] Result<std::string> wanted_host_key_types() const;
  [[nodiscard]] Failure no_agreement() const;
  [[nodiscard]] Failure wrong_key(Bytes got, std::string_view problem) const;

  const SshTarget& target_;
  std::string peer_;
  Deadline deadline_;
  std::string key_;
  PinnedHostKeys pins_;
  std::unique_ptr<Connection> connection_;
};

Result<std::unique_ptr<Connection>> Login::run() {
  TRY(read_key());
  TRY(read_pins());
  TRY(open_connection());
  TRY(exchange_keys());
  TRY(verify_host_key());
  TRY(authenticate());
  libssh2_keepalive_config(connection_->raw(), 1, kKeepaliveSeconds);
  return std::move(connection_);
}

Status Login::read_key() {
  key_ = TRY(read_text_file(target_.private_key));
  TRY(check_private_key(key_, target_.private_key, ssh_rsa_works()));
  return {};
}

Status Login::read_pins() {
  pins_ = TRY(pinned_host_keys(target_.known_hosts, target_.host, target_.port));
  return {};
}

Status Login::open_connection() {
  UniqueFd fd = TRY(with_context(connect_tcp(target_.address, target_.port, deadline_), "{}", peer_));
  connection_ = TRY(Connection::open(peer_, std::move(fd), target_.stall_timeout));
  return {};
}

std::vector<std::string> Login::supported_algorithms(int method) const {
  const char** names = nullptr;
  const int count = libssh2_session_supported_algs(connection_->raw(), method, &names);
  if (count <= 0) return {};
  std::vector<std::string> algorithms(names, names + count);
  libssh2_free(connection_->raw(), static_cast<void*>(names));
  return algorithms;
}

Result<std::string> Login::wanted_host_key_types() const {
  const std::vector<std::string> supported = supported_algorithms(LIBSSH2_METHOD_HOSTKEY);
  std::string wanted;
  std::string pinned;
  for (const HostKey& key : pins_.accepted) {
    pinned += (pinned.empty() ? "" : ",") + key.type;
    const std::string algorithms = algorithms_of(key.type);
    const std::string first = algorithms.substr(0, algorithms.find(','));
    if (std::ranges::find(supported, first) == supported.end()) continue;
    wanted += (wanted.empty() ? "" : ",") + algorithms;
  }
  if (!wanted.empty()) return wanted;
  return fail(
      ErrorKind::unsupported,
      "{}: only a host key of type {} is known, which libssh2 {} cannot use: add the server's Ed25519 key "
      "with ssh-keyscan -p {} -t ed25519 {}",
      peer_, pinned, libssh2_version(0), target_.port, target_.host);
}

// All that libssh2 has are still offered.
void Login::prefer_fast_ciphers() {
  std::vector<std::string> names = supported_algorithms(LIBSSH2_METHOD_CRYPT_CS);
  const auto rank = [](const std::string& name) { return std::ranges::find(kFastCiphers, name); };
  std::ranges::stable_sort(names, {}, rank);
  std::string offer;
  for (const std::string& name : names) offer += (offer.empty() ? "" : ",") + name;
  libssh2_session_method_pref(connection_->raw(), LIBSSH2_METHOD_CRYPT_CS, offer.c_str());
}

Status Login::exchange_keys() {
  const std::string types = TRY(wanted_host_key_types());
  prefer_fast_ciphers();
  libssh2_session_method_pref(connection_->raw(), LIBSSH2_METHOD_HOSTKEY, types.c_str());
  const auto done = connection_->complete(deadline_, "exchanging keys", [this] {
    return libssh2_session_handshake(connection_->raw(), connection_->fd());
  });
  if (done) return {};
  const int code = libssh2_session_last_errno(connection_->raw());
  if (code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE ||
      code == LIBSSH2_ERROR_METHOD_NONE)
    return no_agreement();
  return Failure(done.error());
}

// libssh2 says "Unable to exchange encryption keys" for everything.
Failure Login::no_agreement() const {
  struct Kind {
    std::string_view name;
    int method;
    std::string SshOffers::* offered;
  };
  static constexpr Kind kKinds[] = {
      {.name = "key exchange", .method = LIBSSH2_METHOD_KEX, .offered = &SshOffers::key_exchange},
      {.name = "host key type", .method = LIBSSH2_METHOD_HOSTKEY, .offered = &SshOffers::host_key_types},
      {.name = "cipher", .method = LIBSSH2_METHOD_CRYPT_CS, .offered = &SshOffers::ciphers},
      {.name = "MAC", .method = LIBSSH2_METHOD_MAC_CS, .offered = &SshOffers::macs},
  };
  const SshOffers offers = parse_offers(connection_->arrivals().first);
  for (const Kind& kind : kKinds) {
    std::string ours;
    if (kind.method == LIBSSH2_METHOD_HOSTKEY) {
      ours = wanted_host_key_types().value_or("");
    } else {
      for (const std::string& name : supported_algorithms(kind.method))
        ours += (ours.empty() ? "" : ",") + name;
    }
    const std::string theirs = "," + offers.*kind.offered + ",";
    bool common = false;
    for (size_t at = 0; at < ours.size() && !common;) {
      const size_t end = std::min(ours.find(',', at), ours.size());
      common = theirs.contains("," + ours.substr(at, end - at) + ",");
      at = end + 1;
    }
    if (!common) {
      return fail("{}: no {} in common: the server offers {}, this side {}", peer_, kind.name,
                  offers.*kind.offered, ours);
    }
  }
  return fail("{}: the key exchange with {} failed", peer_, offers.banner);
}

Failure Login::wrong_key(Bytes got, std::string_view problem) const {
  std::string expected;
  for (const HostKey& key : pins_.accepted)
    expected += (expected.empty() ? "" : " or ") + host_key_fingerprint(key.blob);
  return fail(
      "{}: {}: expected {}, got {}; if the server's key was changed on purpose, correct known_hosts and "
      "restart kdump",
      peer_, problem, expected, host_key_fingerprint(got));
}

Status Login::verify_host_key() {
  size_t size = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(connection_->raw(), &size, &type);
  if (blob == nullptr) return fail("{}: the server showed no host key", peer_);
  const Bytes got = std::as_bytes(std::span(blob, size));
  const auto is_this = [got](const HostKey& key) { return std::ranges::equal(key.blob, got); };
  if (std::ranges::any_of(pins_.revoked, is_this)) return wrong_key(got, "the server's host key is revoked");
  if (!std::ranges::any_of(pins_.accepted, is_this)) return wrong_key(got, "wrong host key");
  return {};
}

Status Login::authenticate() {
  constexpr std::string_view kDoing = "logging in";
  const auto done = connection_->complete(deadline_, kDoing, [this] {
    return libssh2_userauth_publickey_frommemory(connection_->raw(), target_.user.data(), target_.user.size(),
                                                 nullptr, 0, key_.data(), key_.size(), nullptr);
  });
  if (done) return {};
  const int code = libssh2_session_last_errno(connection_->raw());
  if (code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
    return make_failure(
        ErrorKind::failure, EACCES,
        fmt::format("{}: the server refuses the key {}: add it to ~{}/.ssh/authorized_keys there "
                    "(kdumpctl propagate does)",
                    peer_, target_.private_key, target_.user));
  }
  return Failure(done.error());
}

}  // namespace

Result<std::unique_ptr<Connection>> log_in(const SshTarget& target) { return Login(target).run(); }

}  // namespace kdump::ssh
