// SPDX-License-Identifier: GPL-2.0-or-later
// One SSH connection, by libssh2. The server's key must be pinned, the key exchange is restricted to the
// pinned types, the login is by a private key alone, and every wait ends: libssh2 never blocks here, all
// waiting is poll(2) with a deadline of ours.
#pragma once

#include <memory>
#include <string>

#include "makedumpfile/sink/ssh/ssh_channel.h"
#include "makedumpfile/sink/ssh/ssh_target.h"

namespace kdump {

// RSA keys with today's servers need libssh2 1.11 (rsa-sha2-256 and -512); for check_private_key.
bool ssh_rsa_works();

class SshSession {
 public:
  // Connected, server verified, logged in. An error is one line that says which of these failed and what to
  // do about it.
  static Result<std::unique_ptr<SshSession>> connect(const SshTarget& target);
  virtual ~SshSession() = default;

  // A command by the user's shell there. Channels must not outlive the session; one is used at a time.
  virtual Result<std::unique_ptr<SshChannel>> execute(const std::string& command) = 0;
  // ErrorKind::unsupported where the server has no SFTP.
  virtual Result<std::unique_ptr<SshChannel>> open_sftp() = 0;
  // For long times in which nothing is written: answers what the server asked meanwhile and shows it that
  // somebody is there. Does not wait.
  virtual Status keep_alive() = 0;
  // "kdump@192.0.2.7 port 22", for messages.
  [[nodiscard]] virtual const std::string& peer() const = 0;
  // The literal address of this side of the connection.
  [[nodiscard]] virtual std::string local_address() const = 0;
};

}  // namespace kdump
