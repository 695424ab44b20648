// SPDX-License-Identifier: GPL-2.0-or-later
// kdumpctl propagate with ssh, ssh-copy-id and sshd themselves.
#include "kdumpd/propagate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conf/kdump_conf.h"
#include "kdumpd/effects.h"
#include "tests/cli/net/ssh_lab.h"

namespace kdump::test {
namespace {

using service::Context;
using service::Level;
using testing::HasSubstr;

// ssh looks into the home of root, which is empty here.
class PropagateTest : public testing::Test {
 protected:
  void SetUp() override {
    static const bool mounted = [] {
      mount_tmpfs("/root", 1 << 20);
      return true;
    }();
    ASSERT_TRUE(mounted);
    run({"/bin/rm", "-rf", "/root/.ssh"});
    run({"/bin/mkdir", "-m", "700", "/root/.ssh"});
    // ssh-copy-id writes into the home of the user who logs in.
    run({"/bin/ln", "-sf", "/root/.ssh/authorized_keys", lab.folder() / "authorized_keys"});
  }

  bool propagate() {
    const service::Host host;
    const auto announce = [this](Level, std::string_view text) { said.append(text).append("\n"); };
    const auto config =
        conf::parse_config(fmt::format("ssh root@127.0.0.1:{}\npath {}\n", SshLab::kPort, lab.dumps()));
    return service::propagate(Context{host, service::real_effects(host, announce), announce}, config.config);
  }
  // As if the administrator had accepted the host key.
  void accept_host_key() const { write_text("/root/.ssh/known_hosts", lab.target().known_hosts); }
  // In place of a password, which nobody types here.
  void let_in_by_another_key() const {
    run({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/.ssh/id_ed25519"});
    write_text("/root/.ssh/authorized_keys", read_text("/root/.ssh/id_ed25519.pub"));
  }

  SshLab lab;
  std::string said;
};

TEST_F(PropagateTest, TheKeyIsMadeInstalledAndLetsUsIn) {
  accept_host_key();
  let_in_by_another_key();
  EXPECT_TRUE(propagate()) << said;
  EXPECT_THAT(said, HasSubstr("Generated the key /root/.ssh/kdump_id_ed25519\n"));
  EXPECT_THAT(said, HasSubstr("has been added to ~root/.ssh/authorized_keys on 127.0.0.1\n"));
  EXPECT_THAT(read_text("/root/.ssh/authorized_keys"),
              HasSubstr(read_text("/root/.ssh/kdump_id_ed25519.pub")));
  said.clear();
  EXPECT_TRUE(propagate()) << said;
  EXPECT_THAT(said, HasSubstr("lets us in with /root/.ssh/kdump_id_ed25519 already"));
}

TEST_F(PropagateTest, AnUnknownHostKeyIsNeverAcceptedForTheAdministrator) {
  let_in_by_another_key();
  EXPECT_FALSE(propagate());
  EXPECT_THAT(said, HasSubstr("/usr/bin/ssh-copy-id exited with status 1"));
  EXPECT_FALSE(exists("/root/.ssh/known_hosts"));
}

}  // namespace
}  // namespace kdump::test
