// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "conf/config.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

inline constexpr const char* kUsualKey = "/root/.ssh/kdump_id_ed25519";
// What other implementations make; RSA, which not every libssh2 can use.
inline constexpr const char* kIncumbentsKey = "/root/.ssh/kdump_id_rsa";

// The private key for a target; it need not exist.
std::string key_file(const Host& host, const conf::Config& config, const conf::SshTarget& target);

}  // namespace kdump::service
