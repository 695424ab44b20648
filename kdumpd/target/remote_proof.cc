// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/remote_proof.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <functional>

#include "common/text.h"
#include "kdumpd/machine/child_answer.h"
#include "makedumpfile/sink/nfs/nfs_client.h"
#include "makedumpfile/sink/nfs/nfs_directory.h"
#include "makedumpfile/sink/ssh/sftp_directory.h"
#include "makedumpfile/sink/ssh/ssh_shell_directory.h"

namespace kdump::service {
namespace {

constexpr std::chrono::seconds kConnect{10};
constexpr std::chrono::seconds kStall{20};
constexpr std::chrono::seconds kPatience{60};

// With each address of the server until one does it.
template <typename T>
Result<T> with_some_address(const plan::Server& server,
                            const std::function<Result<T>(const std::string&)>& use) {
  Result<T> last = fail("{} has no address", server.host);
  for (const std::string& address : server.addresses) {
    last = use(address);
    if (last) break;
  }
  return last;
}

Result<std::unique_ptr<NfsClient>> mount_export(const plan::Target& target, int version) {
  return with_some_address<std::unique_ptr<NfsClient>>(target.server, [&](const std::string& address) {
    return NfsClient::mount({.address = address,
                             .export_path = target.nfs.path,
                             .version = version,
                             .port = static_cast<uint16_t>(target.server.port),
                             .connect_timeout = kConnect,
                             .stall_timeout = kStall});
  });
}

Result<std::unique_ptr<SshSession>> log_in(const plan::Target& target, const std::string& private_key) {
  const int port = target.server.port;
  return with_some_address<std::unique_ptr<SshSession>>(target.server, [&](const std::string& address) {
    return SshSession::connect({.address = address,
                                .port = port == 0 ? kSshPort : static_cast<uint16_t>(port),
                                .host = target.server.host,
                                .user = target.ssh.user,
                                .known_hosts = target.ssh.known_hosts,
                                .private_key = private_key,
                                .connect_timeout = kConnect,
                                .stall_timeout = kStall});
  });
}

// Of several machines with one target each has its own.
std::string probe_name() {
  char host[HOST_NAME_MAX + 1] = {};
  gethostname(host, sizeof host - 1);
  return fmt::format(".kdump-probe-{}-{}", host, getpid());
}

Result<std::unique_ptr<RemoteDirectory>> open_directory(SshSession& session, const std::string& parent,
                                                        const std::vector<std::string>& collector) {
  const bool scp = !collector.empty() && collector.front() == "scp";
  const bool flattened = std::ranges::find(collector, "-F") != collector.end();
  if (!scp && !flattened) {
    auto directory = open_sftp_directory(session, parent, probe_name());
    if (directory || directory.error().kind() != ErrorKind::unsupported) return directory;
  }
  return open_shell_directory(session, scp ? ShellTransfer::scp : ShellTransfer::cat, parent, probe_name());
}

// The directory goes in any case.
Result<std::optional<uint64_t>> prove_and_remove(RemoteDirectory& directory) {
  const Status proved = prove(directory);
  auto free = proved ? directory.free_bytes() : std::optional<uint64_t>();
  const Status removed = directory.remove_itself();
  TRY(Status(proved));
  TRY(Status(removed));
  return free;
}

}  // namespace

Status reach_export(const plan::Target& target, int version) {
  const auto reached = ask_child(kPatience, [&]() -> Result<std::string> {
    TRY(mount_export(target, version));
    return "";
  });
  return reached ? Status() : Status(Failure(reached.error()));
}

Status reach_login(const plan::Target& target, const std::string& private_key) {
  const auto reached = ask_child(kPatience, [&]() -> Result<std::string> {
    TRY(log_in(target, private_key));
    return "";
  });
  return reached ? Status() : Status(Failure(reached.error()));
}

Result<std::optional<uint64_t>> prove_ssh(const plan::Target& target, const std::string& private_key,
                                          const std::vector<std::string>& collector) {
  const auto session = TRY(log_in(target, private_key));
  const auto directory = TRY(open_directory(*session, target.directory, collector));
  return prove_and_remove(*directory);
}

Result<std::optional<uint64_t>> prove_libnfs(const plan::Target& target) {
  const int version = static_cast<int>(parse_u64(target.nfs.versions.front().substr(0, 1)).value_or(0));
  const auto client = TRY(mount_export(target, version));
  const auto directory = TRY(open_nfs_directory(*client, target.directory, probe_name()));
  return prove_and_remove(*directory);
}

}  // namespace kdump::service
