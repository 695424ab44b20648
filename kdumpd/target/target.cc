// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/target.h"

#include "kdumpd/machine/mounts.h"
#include "kdumpd/target/target_kinds.h"

namespace kdump::service {
namespace {

Result<ResolvedTarget> resolve_named(const Surrounding& all, const conf::Target& target,
                                     const std::string& path) {
  return std::visit([&](const auto& kind) { return resolve_target(all, kind, path); }, target);
}

Result<ResolvedTarget> first_target(const Surrounding& all) {
  const conf::Config& config = all.config;
  if (config.target)
    return with_context(resolve_named(all, *config.target, config.path), "{}", target_text(*config.target));
  return with_context(resolve_path(all, config.path), "path {}", config.path);
}

Result<ResolvedTarget> fallback_target(const Surrounding& all, const conf::FallbackTarget& fallback) {
  const std::string& path = fallback.path.empty() ? all.config.path : fallback.path;
  return with_context(resolve_named(all, fallback.target, path), "fallback {}", target_text(fallback.target));
}

// Each key has a name of its own in the image, whatever it is called here.
void finish(Result<ResolvedTarget>& resolved, size_t number, std::chrono::seconds stall) {
  if (!resolved) return;
  resolved->target.stall = stall;
  if (!resolved->private_key.empty()) resolved->target.ssh.key = fmt::format("/etc/kdump/ssh/{}", number);
}

}  // namespace

std::vector<Result<ResolvedTarget>> resolve_targets(const Host& host, const conf::Config& config,
                                                    const Probes& probes) {
  const Surrounding all{host, config, probes};
  std::vector<Result<ResolvedTarget>> resolved;
  resolved.push_back(first_target(all));
  finish(resolved.back(), 0, config.timeout);
  for (const conf::FallbackTarget& fallback : config.fallbacks) {
    resolved.push_back(fallback_target(all, fallback));
    finish(resolved.back(), resolved.size() - 1, fallback.timeout.value_or(config.timeout));
  }
  return resolved;
}

Result<ResolvedTarget> resolve_rootfs(const Host& host, const conf::Config& config) {
  const std::vector<Mount> mounts = TRY(read_mounts(host));
  const std::string paths[] = {config.path, "/var/crash", "/"};
  for (const std::string& path : paths) {
    const auto directory = host.resolve(path);
    if (!directory) continue;
    const Mount* const mount = mount_holding(mounts, *directory);
    if (mount == nullptr || mount->target != "/") continue;
    auto resolved =
        with_context(mounted_filesystem(host, *mount, *directory), "failure_action dump_to_rootfs");
    if (resolved) resolved->target.stall = config.timeout;
    return resolved;
  }
  return fail("failure_action dump_to_rootfs: nothing is mounted at /");
}

}  // namespace kdump::service
