// SPDX-License-Identifier: GPL-2.0-or-later
// What each kind of target is turned into; a file a kind. Errors are those of resolve_targets, without the
// words of the directive in front.
#pragma once

#include "kdumpd/machine/mounts.h"
#include "kdumpd/target/probes.h"
#include "kdumpd/target/target.h"

namespace kdump::service {

// What all kinds go by.
struct Surrounding {
  const Host& host;
  const conf::Config& config;
  const Probes& probes;
};

Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::FilesystemTarget& wanted,
                                      const std::string& path);
Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::RawTarget& wanted,
                                      const std::string& path);
Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::NfsTarget& wanted,
                                      const std::string& path);
Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::SshTarget& wanted,
                                      const std::string& path);

// `path` alone: the filesystem that holds it, be it local or a mounted export.
Result<ResolvedTarget> resolve_path(const Surrounding& all, const std::string& path);

bool is_nfs(const Mount& mount);
// A directory of the running system, which is on a mounted export.
Result<ResolvedTarget> mounted_export(const Surrounding& all, const Mount& mount,
                                      const std::string& directory);
// The same for a mounted local filesystem.
Result<ResolvedTarget> mounted_filesystem(const Host& host, const Mount& mount, const std::string& directory);

Status check_directory(const Host& host, const std::string& directory);

// "/srv on ssh kdump@server".
std::string describe_remote(const plan::Target& target);

}  // namespace kdump::service
