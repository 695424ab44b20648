// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/ssh_place.h"

#include "initramfs/worker/collector.h"
#include "initramfs/worker/remote_place.h"
#include "initramfs/worker/server.h"
#include "makedumpfile/sink/ssh/sftp_directory.h"
#include "makedumpfile/sink/ssh/ssh_shell_directory.h"

namespace kdump::worker {
namespace {

using DirectoryResult = Result<std::unique_ptr<RemoteDirectory>>;

Result<std::shared_ptr<SshSession>> log_in(const Errand& errand) {
  const plan::Target& target = errand.target;
  SshTarget wanted{.address = {},
                   .port = target.server.port == 0 ? kSshPort : static_cast<uint16_t>(target.server.port),
                   .host = target.server.host,
                   .user = target.ssh.user,
                   .known_hosts = target.ssh.known_hosts,
                   .private_key = target.ssh.key,
                   .connect_timeout = connect_timeout(errand),
                   .stall_timeout = stall_timeout(errand)};
  std::shared_ptr<SshSession> session;
  const auto connect = [&](const std::string& address) -> Status {
    wanted.address = address;
    session = TRY(SshSession::connect(wanted));
    return {};
  };
  TRY(connect_somewhere(errand, connect));
  return session;
}

DirectoryResult by_sftp(const Errand& errand, SshSession& session, const std::string& name) {
  const std::string& known = errand.request.dump_directory;
  return known.empty() ? open_sftp_directory(session, errand.request.directory, name)
                       : reopen_sftp_directory(session, known);
}

DirectoryResult by_shell(const Errand& errand, SshSession& session, const std::string& name) {
  const std::string& known = errand.request.dump_directory;
  const ShellTransfer transfer =
      collector_name(errand.plan.collector) == "scp" ? ShellTransfer::scp : ShellTransfer::cat;
  return known.empty() ? open_shell_directory(session, transfer, errand.request.directory, name)
                       : reopen_shell_directory(session, transfer, known);
}

// What the words of core_collector leave no choice about: -F is the stream, scp its own protocol.
bool wants_shell(const Errand& errand) {
  const std::vector<std::string>& collector = errand.plan.collector;
  if (errand.request.mode != protocol::Mode::dump) return false;
  return collector_name(collector) == "scp" || wants_flattened(collector);
}

}  // namespace

Result<std::unique_ptr<Place>> open_ssh_place(const Errand& errand) {
  const std::shared_ptr<SshSession> session = TRY(log_in(errand));
  const std::string name = remote_name(errand, session->local_address());
  DirectoryResult directory = wants_shell(errand)
                                  ? DirectoryResult(fail(ErrorKind::unsupported, "not asked for"))
                                  : by_sftp(errand, *session, name);
  if (!directory && directory.error().kind() == ErrorKind::unsupported) {
    if (!wants_shell(errand))
      errand.channel.note(directory.error().message() + ": its shell is used instead");
    directory = by_shell(errand, *session, name);
  }
  return remote_place(errand, session, TRY(std::move(directory)));
}

}  // namespace kdump::worker
