// SPDX-License-Identifier: GPL-2.0-or-later
// The host keys that a known_hosts text pins to a server. The format is sshd(8), "SSH_KNOWN_HOSTS FILE
// FORMAT": plain and hashed names, patterns with '*', '?' and '!', "[host]:port", the marker @revoked. Lines
// of
// @cert-authority are passed over: host certificates are not done.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

struct HostKey {
  std::string type;  // "ssh-ed25519"
  ByteVector blob;   // the public key as it goes over the wire
};

struct PinnedHostKeys {
  std::vector<HostKey> accepted;
  std::vector<HostKey> revoked;  // never accepted, for any host
};

// `host` as the user wrote it, without brackets. An error where nothing is pinned for it, with the remedy.
Result<PinnedHostKeys> pinned_host_keys(std::string_view known_hosts, std::string_view host, uint16_t port);

// The lines of the text that pin something to that server, and those that revoke; without comments.
std::string pinning_lines(std::string_view known_hosts, std::string_view host, uint16_t port);

// "SHA256:…", as ssh-keygen -l prints it.
std::string host_key_fingerprint(Bytes blob);

}  // namespace kdump
