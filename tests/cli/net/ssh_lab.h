// SPDX-License-Identifier: GPL-2.0-or-later
// OpenSSH's server with keys and a configuration of its own.
#pragma once

#include <string>

#include "makedumpfile/sink/ssh/ssh_target.h"
#include "tests/cli/net/lab.h"

namespace kdump::test {

class SshLab {
 public:
  static constexpr uint16_t kPort = 12022;

  // `extra`: lines of sshd_config. `address`: of the loopback.
  explicit SshLab(const std::string& extra = "", const std::string& address = "127.0.0.1");

  // That server, with the right keys and short timeouts.
  [[nodiscard]] SshTarget target() const;
  [[nodiscard]] const Folder& folder() const { return folder_; }
  // Where dumps go.
  [[nodiscard]] std::string dumps() const { return folder_ / "dumps"; }
  [[nodiscard]] const Server& server() const { return server_; }
  // Makes a key pair in the folder; the path of the private one.
  std::string make_key(const std::string& name, const std::vector<std::string>& options) const;

 private:
  Folder folder_;
  std::string address_;
  Server server_;
};

}  // namespace kdump::test
