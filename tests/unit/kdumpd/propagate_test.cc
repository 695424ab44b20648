// SPDX-License-Identifier: GPL-2.0-or-later
// Which key is made and installed where, with ssh-copy-id and the server played by functions.
#include "kdumpd/propagate.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "conf/kdump_conf.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kKey = "/root/.ssh/kdump_id_ed25519";

class PropagateTest : public testing::Test {
 protected:
  Context context() {
    Effects effects;
    effects.probes.addresses = [](const auto&) -> Result<std::vector<std::string>> {
      return std::vector<std::string>{"192.0.2.7"};
    };
    effects.log_in = [this](const ResolvedTarget& target) -> Status {
      logins.push_back(target.private_key);
      if (installed) return {};
      return fail("the server refuses the key");
    };
    effects.run_on_terminal = [this](const std::vector<std::string>& argv) -> Result<ExitState> {
      ran.push_back(argv);
      machine.write("/root/.ssh/known_hosts",
                    "server,[server]:2222 ssh-ed25519 "
                    "AAAAC3NzaC1lZDI1NTE5AAAAIGJyb2tlbiBidXQgb2YgdGhlIHJpZ2h0IHNpemUhISE=\n");
      installed = copy_works;
      return ExitState{.code = copy_status};
    };
    return {machine.host(), effects, log.announce()};
  }
  bool propagate_with(const std::string& configuration) {
    return propagate(context(), conf::parse_config(configuration).config);
  }

  Machine machine;
  Log log;
  bool installed = false;
  bool copy_works = true;
  int copy_status = 0;
  std::vector<std::string> logins;
  std::vector<std::vector<std::string>> ran;
};

TEST_F(PropagateTest, AMissingKeyIsMadeInstalledAndTried) {
  EXPECT_TRUE(propagate_with("ssh kdump@server:2222\n")) << log.all();
  EXPECT_THAT(
      ran, ElementsAre(ElementsAre("/usr/bin/ssh-copy-id", "-i", machine.at(std::string(kKey) + ".pub"), "-p",
                                   "2222", "kdump@server")));
  EXPECT_THAT(logins, ElementsAre(kKey));
  struct stat info{};
  ASSERT_EQ(stat(machine.at(kKey).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_THAT(machine.host().read(std::string(kKey) + ".pub").value(), testing::StartsWith("ssh-ed25519 "));
  EXPECT_THAT(log.all(), HasSubstr("info: Generated the key /root/.ssh/kdump_id_ed25519\n"));
  EXPECT_THAT(log.all(), HasSubstr("has been added to ~kdump/.ssh/authorized_keys on server\n"));
}

TEST_F(PropagateTest, WhereTheKeyWorksNothingIsInstalled) {
  ASSERT_TRUE(propagate_with("ssh kdump@server\n"));
  ran.clear();
  const std::string key = machine.host().read(kKey).value();
  EXPECT_TRUE(propagate_with("ssh kdump@server\n"));
  EXPECT_THAT(ran, IsEmpty());
  EXPECT_EQ(machine.host().read(kKey).value(), key);
  EXPECT_THAT(log.all(), HasSubstr("ssh kdump@server lets us in with /root/.ssh/kdump_id_ed25519 already"));
}

TEST_F(PropagateTest, EveryTargetWithItsOwnKey) {
  EXPECT_TRUE(
      propagate_with("ext4 LABEL=x\nfallback ssh a@server\nfallback ssh b@server sshkey=/root/.ssh/b\n"
                     "sshkey /root/.ssh/a\n"));
  EXPECT_THAT(logins, ElementsAre("/root/.ssh/a", "/root/.ssh/b"));
}

TEST_F(PropagateTest, AKeyOfOthersThatCannotBeUsedIsLeftAlone) {
  machine.write("/root/.ssh/kdump_id_rsa", "damaged\n");
  EXPECT_TRUE(propagate_with("ssh kdump@server\n"));
  EXPECT_THAT(logins, ElementsAre(kKey));
  // One that was asked for is an error.
  EXPECT_FALSE(propagate_with("ssh kdump@server\nsshkey /root/.ssh/kdump_id_rsa\n"));
  EXPECT_THAT(log.all(), HasSubstr("error: ssh kdump@server: /root/.ssh/kdump_id_rsa is not a private key"));
}

TEST_F(PropagateTest, WhatFailsIsTold) {
  copy_works = false;
  copy_status = 1;
  EXPECT_FALSE(propagate_with("ssh kdump@server\n"));
  EXPECT_THAT(log.all(),
              HasSubstr("error: ssh kdump@server: /usr/bin/ssh-copy-id exited with status 1; or have"));
  copy_status = 0;
  EXPECT_FALSE(propagate_with("ssh kdump@server\n"));
  EXPECT_THAT(log.all(), HasSubstr("the key is installed, but it does not work: the server refuses the key"));
}

TEST_F(PropagateTest, WithoutAnSshTargetThereIsNothingToDo) {
  EXPECT_FALSE(propagate_with("nfs server:/srv\n"));
  EXPECT_THAT(log.all(), HasSubstr("there is no ssh target in"));
}

}  // namespace
}  // namespace kdump::service
