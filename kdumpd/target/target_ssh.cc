// SPDX-License-Identifier: GPL-2.0-or-later
// SSH: the key that logs in, and the host keys that are accepted. Both are settled now, since the capture
// kernel has nobody to ask.
#include <sys/stat.h>

#include <algorithm>

#include "kdumpd/target/ssh_key.h"
#include "kdumpd/target/target_kinds.h"
#include "makedumpfile/sink/ssh/ssh_known_hosts.h"
#include "makedumpfile/sink/ssh/ssh_private_key.h"
#include "makedumpfile/sink/ssh/ssh_session.h"
#include "makedumpfile/sink/ssh/ssh_target.h"

namespace kdump::service {
namespace {

constexpr const char* kKnownHosts[] = {"/root/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"};
constexpr mode_t kOthers = 077;

Status check_key(const Host& host, const std::string& path) {
  struct stat info{};
  if (stat(host.at(path).c_str(), &info) != 0 && errno == ENOENT)
    return fail("there is no key {}; run: kdumpctl propagate", path);
  const std::string content = TRY(host.read(path));
  if ((info.st_mode & kOthers) != 0)
    return fail("others than its owner may use the key {} (mode {:04o}); run: chmod 600 {}", path,
                info.st_mode & 07777U, path);
  TRY(check_private_key(content, path, ssh_rsa_works()));
  return {};
}

std::string all_known_hosts(const Host& host) {
  std::string text;
  for (const char* path : kKnownHosts) text.append(host.read(path).value_or("")).append("\n");
  return text;
}

// An RSA key of the host is of no use where libssh2 cannot check its signatures.
Status check_kinds(const PinnedHostKeys& keys, const std::string& host) {
  const bool rsa_alone =
      std::ranges::all_of(keys.accepted, [](const HostKey& key) { return key.type == "ssh-rsa"; });
  if (!rsa_alone || ssh_rsa_works()) return {};
  return fail(ErrorKind::unsupported,
              "only an RSA host key of {} is known, which needs libssh2 1.11 or newer; add its Ed25519 key: "
              "ssh -o HostKeyAlgorithms=ssh-ed25519 …, or ssh-keyscan -t ed25519",
              host);
}

Result<std::string> pinned_lines(const Host& host, const conf::SshTarget& wanted) {
  const uint16_t port = wanted.port == 0 ? kSshPort : wanted.port;
  const std::string text = all_known_hosts(host);
  const auto keys = pinned_host_keys(text, wanted.host, port);
  if (!keys)
    return fail(
        "no host key of {} port {} is in {} or {}; log in once and accept it, run: kdumpctl propagate",
        wanted.host, port, kKnownHosts[0], kKnownHosts[1]);
  TRY(check_kinds(*keys, wanted.host));
  return pinning_lines(text, wanted.host, port);
}

}  // namespace

std::string key_file(const Host& host, const conf::Config& config, const conf::SshTarget& target) {
  if (!target.key.empty()) return target.key;
  if (!config.sshkey.empty()) return config.sshkey;
  return host.exists(kUsualKey) || !host.exists(kIncumbentsKey) ? kUsualKey : kIncumbentsKey;
}

Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::SshTarget& wanted,
                                      const std::string& path) {
  ResolvedTarget resolved;
  resolved.private_key = key_file(all.host, all.config, wanted);
  TRY(check_key(all.host, resolved.private_key));
  plan::Target& target = resolved.target;
  target.kind = plan::TargetKind::ssh;
  target.directory = path;
  target.server.host = wanted.host;
  target.server.port = wanted.port;
  target.ssh.user = wanted.user;
  target.ssh.known_hosts = TRY(pinned_lines(all.host, wanted));
  target.server.addresses = TRY(all.probes.addresses(wanted.host));
  resolved.described = describe_remote(target);
  return resolved;
}

std::string describe_remote(const plan::Target& target) {
  return fmt::format("{} on {}", target.directory, plan::target_text(target));
}

}  // namespace kdump::service
