// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_session.h"

#include "makedumpfile/sink/remote/net_connect.h"
#include "makedumpfile/sink/ssh/ssh_command.h"
#include "makedumpfile/sink/ssh/ssh_login.h"

namespace kdump {
namespace {

constexpr int kRsaVersion = 0x010b00;

class Session : public SshSession {
 public:
  explicit Session(std::unique_ptr<ssh::Connection> connection) : connection_(std::move(connection)) {}

  Result<std::unique_ptr<SshChannel>> execute(const std::string& command) override {
    return ssh::start_command(*connection_, "exec", command);
  }
  Result<std::unique_ptr<SshChannel>> open_sftp() override {
    auto channel = ssh::start_command(*connection_, "subsystem", "sftp");
    if (channel || channel.error().kind() != ErrorKind::failure || channel.error().errno_value() != 0)
      return channel;
    return fail(ErrorKind::unsupported, "{}: the server has no SFTP", peer());
  }
  Status keep_alive() override;
  [[nodiscard]] const std::string& peer() const override { return connection_->peer(); }
  [[nodiscard]] std::string local_address() const override { return local_address_of(connection_->fd()); }

 private:
  std::unique_ptr<ssh::Connection> connection_;
};

// Only where the packet goes out at once. With data still waiting in the socket the server has enough to
// hear, and libssh2 cannot send a second time what was half out: the connection would be lost.
Status Session::keep_alive() {
  if (!connection_->takes_a_packet()) return {};
  int next = 0;
  if (libssh2_keepalive_send(connection_->raw(), &next) < 0)
    return connection_->failure("keeping the connection");
  return {};
}

}  // namespace

bool ssh_rsa_works() { return libssh2_version(kRsaVersion) != nullptr; }

Result<std::unique_ptr<SshSession>> SshSession::connect(const SshTarget& target) {
  return std::make_unique<Session>(TRY(ssh::log_in(target)));
}

}  // namespace kdump
