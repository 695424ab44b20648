// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/scp_stream.h"

#include <cerrno>

#include "makedumpfile/sink/ssh/ssh_shell.h"

namespace kdump {

Result<ScpSender> ScpSender::start(SshSession& session, const std::string& path, uint64_t size) {
  const std::string word = shell_quoted(path);
  std::unique_ptr<SshChannel> channel =
      TRY(session.execute(shell_command("umask 077; rm -f -- " + word + "; exec scp -t -- " + word)));
  ScpSender sender(session, std::move(channel), path, size);
  TRY(sender.take_answer());
  const std::string name = path.substr(path.rfind('/') + 1);
  TRY(sender.channel_->write(bytes_of(std::string_view(fmt::format("C0600 {} {}\n", size, name)))));
  TRY(sender.take_answer());
  return sender;
}

Status ScpSender::write(Bytes data) {
  if (data.size() > left_)
    return fail("{}: {} more bytes for {}, expected at most {}", session_->peer(), data.size(), path_, left_);
  left_ -= data.size();
  return channel_->write(data);
}

Status ScpSender::finish() {
  if (left_ != 0) return fail("{}: {} bytes of {} were never written", session_->peer(), left_, path_);
  TRY(channel_->write(bytes_of(std::string_view("\0", 1))));
  TRY(take_answer());
  const RemoteExit exit = TRY(channel_->finish());
  if (!exit.succeeded()) return remote_failure(*session_, exit, "copy " + path_);
  return {};
}

// 0 is good; 1 and 2 are a warning and an error with a line of text.
Status ScpSender::take_answer() {
  std::byte code{};
  const size_t got = TRY(channel_->read_some(MutableBytes(&code, 1)));
  if (got == 1 && code == std::byte{0}) return {};
  RemoteExit exit = TRY(channel_->finish());
  if (got == 1 && (code == std::byte{1} || code == std::byte{2}))
    exit.complaint = exit.output.substr(0, exit.output.find('\n'));
  else if (exit.succeeded())
    return fail(ErrorKind::unsupported, "{}: cannot copy {}: what the server runs is no scp (ForceCommand?)",
                session_->peer(), path_);
  return remote_failure(*session_, exit, "copy " + path_);
}

}  // namespace kdump
