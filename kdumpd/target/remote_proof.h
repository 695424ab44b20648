// SPDX-License-Identifier: GPL-2.0-or-later
// Servers, tried as the capture kernel will use them. Nothing here has a deadline of its own beyond those of
// connections: run it in a child that has one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/plan/plan.h"

namespace kdump::service {

// Whether libnfs gets at the export by that version of the protocol.
Status reach_export(const plan::Target& target, int version);

// Whether the server lets us in with the key; `private_key` is the file here. In a child of its own.
Status reach_login(const plan::Target& target, const std::string& private_key);

// In the directory for dumps a file is written, made durable, read back and removed, over what the capture
// side will use: SFTP, or the shell where there is none or the collector wants it. The answer is the space
// for dumps in bytes, where the server tells.
Result<std::optional<uint64_t>> prove_ssh(const plan::Target& target, const std::string& private_key,
                                          const std::vector<std::string>& collector);
Result<std::optional<uint64_t>> prove_libnfs(const plan::Target& target);

}  // namespace kdump::service
