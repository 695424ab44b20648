// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_shell.h"

#include <cerrno>

namespace kdump {
namespace {

constexpr std::string_view kMark = "kdump:";

bool says_full(std::string_view text) {
  return text.contains("No space left on device") || text.contains("quota exceeded");
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string shell_command(std::string_view script) { return "exec sh -c " + shell_quoted(script); }

Failure remote_failure(const SshSession& session, const RemoteExit& exit, std::string_view doing) {
  const bool full = says_full(exit.complaint);
  return make_failure(
      full ? ErrorKind::no_space : ErrorKind::failure, full ? ENOSPC : 0,
      fmt::format("{}: cannot {}: the command there {}", session.peer(), doing, exit.describe()));
}

Result<std::string> run_script(SshSession& session, std::string_view script, std::string_view doing) {
  const std::unique_ptr<SshChannel> channel = TRY(session.execute(shell_command(script)));
  const RemoteExit exit = TRY(channel->finish());
  // A script that fails complains.
  if (!exit.signal.empty() || (exit.status != 0 && !exit.complaint.empty()))
    return remote_failure(session, exit, doing);
  const size_t mark = exit.output.rfind(kMark);
  if (exit.status != 0 || mark == std::string::npos) {
    return fail(
        ErrorKind::unsupported,
        "{}: cannot {}: the server does not run the commands it is given (ForceCommand?), what it ran {}",
        session.peer(), doing, exit.describe());
  }
  const size_t start = mark + kMark.size();
  return exit.output.substr(start, exit.output.find('\n', start) - start);
}

}  // namespace kdump
