// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a private key can be used after a panic, told from its file alone: at start, long before.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace kdump {

// The key's type as SSH names it: "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"; "ecdsa" for a PEM file of
// that kind, which does not say more at its start. `name` is the file, for errors; `rsa_works` is
// ssh_rsa_works() of the library that will use it. Each error has its remedy: an encrypted key, a kind that
// does not work, a file that is no private key.
Result<std::string> check_private_key(std::string_view content, const std::string& name, bool rsa_works);

}  // namespace kdump
