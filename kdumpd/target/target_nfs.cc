// SPDX-License-Identifier: GPL-2.0-or-later
// NFS: which protocol, spoken by whom. libnfs needs no kernel module and its waits end, so it is preferred
// where it can do it; the kernel's client does the rest.
#include <algorithm>

#include "common/text.h"
#include "kdumpd/target/target_kinds.h"
#include "makedumpfile/sink/nfs/nfs_client.h"
#include "makedumpfile/sink/nfs/nfs_target.h"

namespace kdump::service {
namespace {

// Of a mounted one's options (nfs(5)) those that another mount needs to reach the same server. How long to
// wait is the capture side's own business.
constexpr std::string_view kKept[] = {"rsize=", "wsize=", "noresvport"};

// What the capture kernel cannot do.
struct Unbuilt {
  std::string_view option;
  std::string_view what;
};
constexpr Unbuilt kUnbuilt[] = {{"sec=krb5", "Kerberos"}, {"proto=rdma", "RDMA"}, {"xprtsec=", "TLS"}};

// From the newest on; version 3 without the lock daemon, which the capture kernel has not.
const std::vector<std::string> kKernelVersions{"4.2", "4.1", "4.0", "3"};

std::string_view option_value(std::string_view options, std::string_view name) {
  for (const std::string_view option : split(options, ','))
    if (option.starts_with(name)) return option.substr(name.size());
  return {};
}

Status check_options(std::string_view options) {
  for (const std::string_view option : split(options, ','))
    for (const Unbuilt& unbuilt : kUnbuilt)
      if (option.starts_with(unbuilt.option) && option != "xprtsec=none")
        return fail(ErrorKind::unsupported,
                    "it is mounted with {} ({}), which is not built yet; export it with sec=sys over TCP too",
                    option, unbuilt.what);
  return {};
}

std::string options_to_mount(std::string_view mounted) {
  std::string kept;
  for (const std::string_view option : split(mounted, ','))
    if (std::ranges::any_of(kKept, [&](std::string_view name) { return option.starts_with(name); }))
      kept.append(kept.empty() ? "" : ",").append(option);
  return kept;
}

int port_of(std::string_view options) {
  const uint64_t port = parse_u64(option_value(options, "port=")).value_or(0);
  return port == kNfsPort || port > 65535 ? 0 : static_cast<int>(port);
}

bool libnfs_does(std::string_view version) {
  return check_nfs_version(static_cast<int>(parse_u64(version.substr(0, 1)).value_or(0))).has_value();
}

// The version that is in use works; those below it are for a server that comes back as another one.
void take_version(std::string_view version, plan::NfsExport& nfs) {
  if (libnfs_does(version)) {
    nfs.client = plan::NfsClient::libnfs;
    nfs.versions = {std::string(version.substr(0, 1))};
    return;
  }
  nfs.client = plan::NfsClient::kernel;
  nfs.versions = {std::string(version)};
  for (const std::string& lower : kKernelVersions)
    if (lower.starts_with('4') && lower < version) nfs.versions.push_back(lower);
}

void ask_version(const Probes& probes, plan::Target& target) {
  target.nfs.client = plan::NfsClient::libnfs;
  for (const int version : {4, 3}) {
    if (!check_nfs_version(version)) continue;
    target.nfs.versions = {std::to_string(version)};
    if (probes.reach_export(target, version)) return;
  }
  target.nfs.client = plan::NfsClient::kernel;
  target.nfs.versions = kKernelVersions;
}

Result<plan::Target> remote_export(const Probes& probes, const conf::NfsTarget& wanted,
                                   const std::string& directory) {
  plan::Target target{.kind = plan::TargetKind::nfs, .directory = directory};
  target.server.host = wanted.host;
  target.server.addresses = TRY(probes.addresses(wanted.host));
  target.nfs.path = wanted.export_path;
  return target;
}

Result<conf::NfsTarget> source_of(const Mount& mount) {
  return std::get<conf::NfsTarget>(
      TRY(with_context(conf::parse_target("nfs", mount.source), "{} is mounted from", mount.target)));
}

// What a mount tells about the way to its export.
Status take_mount(const Mount& mount, plan::Target& target) {
  TRY(check_options(mount.options));
  target.server.port = port_of(mount.options);
  target.nfs.mount_options = options_to_mount(mount.options);
  // The address that is known to answer comes first.
  const std::string address(option_value(mount.options, "addr="));
  auto& addresses = target.server.addresses;
  if (std::erase(addresses, address) > 0) addresses.insert(addresses.begin(), address);
  const std::string_view version = option_value(mount.options, "vers=");
  if (version.empty()) return fail("the mount at {} does not tell its version of NFS", mount.target);
  take_version(version, target.nfs);
  return {};
}

bool is_mount_of(const Mount& mount, const plan::Target& target) {
  if (!is_nfs(mount)) return false;
  const auto source = source_of(mount);
  if (!source || source->export_path != target.nfs.path) return false;
  return source->host == target.server.host ||
         std::ranges::find(target.server.addresses, option_value(mount.options, "addr=")) !=
             target.server.addresses.end();
}

ResolvedTarget finished(plan::Target target) {
  ResolvedTarget resolved;
  resolved.target = std::move(target);
  resolved.described = describe_remote(resolved.target);
  return resolved;
}

}  // namespace

bool is_nfs(const Mount& mount) { return mount.fstype == "nfs" || mount.fstype == "nfs4"; }

Result<ResolvedTarget> mounted_export(const Surrounding& all, const Mount& mount,
                                      const std::string& directory) {
  const conf::NfsTarget source = TRY(source_of(mount));
  plan::Target target = TRY(remote_export(all.probes, source, path_in_filesystem(mount, directory)));
  TRY(take_mount(mount, target));
  return finished(std::move(target));
}

Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::NfsTarget& wanted,
                                      const std::string& path) {
  plan::Target target = TRY(remote_export(all.probes, wanted, path));
  const std::vector<Mount> mounts = TRY(read_mounts(all.host));
  const auto mount = std::ranges::find_if(mounts, [&](const Mount& one) { return is_mount_of(one, target); });
  if (mount != mounts.end())
    TRY(take_mount(*mount, target));
  else
    ask_version(all.probes, target);
  return finished(std::move(target));
}

}  // namespace kdump::service
