// SPDX-License-Identifier: GPL-2.0-or-later
// What a server offered in its first, unencrypted messages: libssh2 says only that no agreement was found.
#pragma once

#include <string>

#include "common/bytes.h"

namespace kdump {

struct SshOffers {
  std::string banner;        // "SSH-2.0-OpenSSH_9.2p1"
  std::string key_exchange;  // name lists as they were sent, separated by commas
  std::string host_key_types;
  std::string ciphers;  // client to server
  std::string macs;     // client to server
};

// From the first bytes that a server sent: its banner and its SSH_MSG_KEXINIT (RFC 4253 4.2 and 7.1). What is
// not there stays empty.
SshOffers parse_offers(Bytes first_bytes);

}  // namespace kdump
