// SPDX-License-Identifier: GPL-2.0-or-later
// The targets that kdump.conf can name, as the administrator wrote them: nothing is looked up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/error.h"

namespace kdump::conf {

// A filesystem, mounted at the moment or not.
struct FilesystemTarget {
  std::string fstype;  // "ext4"
  std::string device;  // "/dev/vda1", "LABEL=dumps", "UUID=…" or "PARTUUID=…"
};

// A device without a filesystem.
struct RawTarget {
  std::string device;  // "/dev/vda3" or "PARTUUID=…"
};

struct NfsTarget {
  std::string host;         // IPv6 without its brackets
  std::string export_path;  // "/srv/crash"
};

struct SshTarget {
  std::string user;
  std::string host;   // IPv6 without its brackets
  uint16_t port = 0;  // 0: the protocol's own
  std::string key{};  // sshkey= of a fallback; empty: Config::sshkey
};

using Target = std::variant<FilesystemTarget, RawTarget, NfsTarget, SshTarget>;

// What a line "KIND ARGUMENT" names; errors say what would be right.
Result<Target> parse_target(std::string_view kind, std::string_view argument);

// As in kdump.conf: "ext4 LABEL=dumps", "nfs [2001:db8::7]:/srv", "ssh kdump@server:2222".
std::string target_text(const Target& target);

}  // namespace kdump::conf
