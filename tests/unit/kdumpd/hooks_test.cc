// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/hooks.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HooksTest : public testing::Test {
 protected:
  void program(const std::string& path) const {
    machine.write(path, "#!/bin/sh\n");
    chmod(machine.at(path).c_str(), 0755);
  }
  Programs found() { return find_programs(machine.host(), config, problems); }

  Machine machine;
  conf::Config config;
  Problems problems;
};

TEST_F(HooksTest, NothingIsAskedForByDefault) {
  const Programs programs = found();
  EXPECT_EQ(programs.hooks, plan::Hooks{});
  EXPECT_THAT(programs.paths, IsEmpty());
  EXPECT_TRUE(problems.none());
}

TEST_F(HooksTest, TheDirectoriesFilesComeInTheOrderOfTheirNames) {
  for (const char* path :
       {"/etc/kdump/pre.d/20-b", "/etc/kdump/pre.d/10-a", "/etc/kdump/post.d/x", "/opt/pre"})
    program(path);
  machine.write("/etc/kdump/pre.d/README", "not a program");
  config.kdump_pre = "/opt/pre";
  const Programs programs = found();
  EXPECT_EQ(programs.hooks.pre, "/opt/pre");
  EXPECT_THAT(programs.hooks.pre_d, ElementsAre("/etc/kdump/pre.d/10-a", "/etc/kdump/pre.d/20-b"));
  EXPECT_THAT(programs.hooks.post_d, ElementsAre("/etc/kdump/post.d/x"));
  EXPECT_THAT(programs.paths, ElementsAre("/opt/pre", "/etc/kdump/pre.d/10-a", "/etc/kdump/pre.d/20-b",
                                          "/etc/kdump/post.d/x"));
  EXPECT_THAT(problems.warnings, ElementsAre(HasSubstr("/etc/kdump/pre.d/README is not an executable file")));
}

TEST_F(HooksTest, WhatIsMissingOrCannotRunIsNamed) {
  machine.write("/opt/post", "#!/bin/sh\n");
  config.kdump_pre = "/opt/pre";
  config.kdump_post = "/opt/post";
  config.extra_bins = {"curl"};
  config.failure_action = conf::Action::shell;
  found();
  EXPECT_THAT(problems.errors,
              ElementsAre("kdump_pre /opt/pre: does not exist",
                          "kdump_post /opt/post: is not an executable file; chmod +x /opt/post",
                          "extra_bins: curl is not an executable file in /usr/sbin, /usr/bin, /sbin or /bin",
                          "failure_action shell needs busybox: /bin/busybox does not exist"));
}

TEST_F(HooksTest, NamesAreLookedForWhereProgramsAre) {
  program("/usr/bin/curl");
  program("/bin/busybox");
  config.extra_bins = {"curl", "/usr/bin/curl"};
  config.failure_action = conf::Action::shell;
  EXPECT_THAT(found().paths, ElementsAre("/usr/bin/curl", "/bin/busybox"));
  EXPECT_TRUE(problems.none());
}

}  // namespace
}  // namespace kdump::service
