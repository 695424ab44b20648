// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cli/net/ssh_lab.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace kdump::test {

SshLab::SshLab(const std::string& extra, const std::string& address) : address_(address) {
  make_key("host_ed25519", {"-t", "ed25519"});
  make_key("host_ecdsa", {"-t", "ecdsa"});
  const std::string key = make_key("id_ed25519", {"-t", "ed25519"});
  write_text(folder_ / "authorized_keys", read_text(key + ".pub"));
  mkdir("/run/sshd", 0755);
  const bool own_host_keys = extra.contains("HostKey ");
  write_text(
      folder_ / "sshd_config",
      fmt::format("Port {}\nListenAddress {}\n{}AuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n"
                  "PermitRootLogin prohibit-password\nPidFile none\nSetEnv HOME={}\n{}{}",
                  kPort, address,
                  own_host_keys ? ""
                                : fmt::format("HostKey {}\nHostKey {}\n", folder_ / "host_ed25519",
                                              folder_ / "host_ecdsa"),
                  folder_ / "authorized_keys",
                  folder_ / "home",  // what this machine's root has in .bashrc is none of the tests' business
                  extra.contains("Subsystem") ? "" : "Subsystem sftp /usr/lib/openssh/sftp-server\n", extra));
  server_.start({"/usr/sbin/sshd", "-D", "-e", "-f", folder_ / "sshd_config"}, folder_ / "log");
  if (address == "127.0.0.1") wait_for_port("127.0.0.1", kPort);
}

std::string SshLab::make_key(const std::string& name, const std::vector<std::string>& options) const {
  std::vector<std::string> argv = {"/usr/bin/ssh-keygen", "-q", "-f", folder_ / name};
  argv.insert(argv.end(), options.begin(), options.end());
  if (std::ranges::find(options, "-N") == options.end()) argv.insert(argv.end(), {"-N", ""});
  run(argv);
  return folder_ / name;
}

SshTarget SshLab::target() const {
  SshTarget target;
  target.address = address_;
  target.port = kPort;
  target.host = address_;
  target.user = "root";
  target.private_key = folder_ / "id_ed25519";
  target.known_hosts = fmt::format("[{}]:{} {}", address_, kPort, read_text(folder_ / "host_ed25519.pub"));
  target.connect_timeout = std::chrono::seconds(20);
  target.stall_timeout = std::chrono::seconds(2);
  return target;
}

}  // namespace kdump::test
