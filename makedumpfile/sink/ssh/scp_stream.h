// SPDX-License-Identifier: GPL-2.0-or-later
// The sending side of the SCP protocol, as OpenSSH's `scp -t` takes it (its scp.c). libssh2's own does not
// read the server's last word, which is where a full disk is told.
#pragma once

#include "makedumpfile/sink/ssh/ssh_session.h"

namespace kdump {

class ScpSender {
 public:
  // Starts `scp -t` there for one file of `size` bytes, mode 0600. `session` must outlive this.
  static Result<ScpSender> start(SshSession& session, const std::string& path, uint64_t size);

  // No more than `size` bytes in all.
  Status write(Bytes data);
  // The server has them all and says so.
  Status finish();

 private:
  ScpSender(SshSession& session, std::unique_ptr<SshChannel> channel, std::string path, uint64_t size)
      : session_(&session), channel_(std::move(channel)), path_(std::move(path)), left_(size) {}
  Status take_answer();

  SshSession* session_;
  std::unique_ptr<SshChannel> channel_;
  std::string path_;
  uint64_t left_;
};

}  // namespace kdump
