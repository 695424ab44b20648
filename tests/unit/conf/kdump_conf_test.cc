// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/kdump_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "conf/directives.h"

namespace kdump::conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string golden_path(const std::string& name) {
  return KDUMP_SOURCE_DIR "/tests/unit/conf/golden/" + name;
}

std::string text_of_file(const std::string& path) {
  return read_text_file(path).value_or("cannot read " + path);
}

Config config_of(std::string_view text) {
  const ParsedConfig parsed = parse_config(text);
  EXPECT_THAT(render_all(parsed.diagnostics, "conf"), IsEmpty());
  return parsed.config;
}

std::string complaints_of(std::string_view text) {
  std::string all;
  for (const std::string& line : render_all(parse_config(text).diagnostics, "conf")) all += line + "\n";
  return all;
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, Diagnostics) {
  const std::string name = GetParam();
  const std::string text = text_of_file(golden_path(name + ".conf"));
  EXPECT_EQ(complaints_of(text), text_of_file(golden_path(name + ".txt")));
  EXPECT_FALSE(parse_config(text).valid());
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::Values("everything_wrong", "conflict"));

TEST(KdumpConf, EmptyFileIsTheDefaults) {
  const Config config = config_of("");
  EXPECT_EQ(config.path, "/var/crash");
  EXPECT_FALSE(config.target);
  EXPECT_THAT(config.core_collector, ElementsAre("makedumpfile", "-l", "--message-level", "7", "-d", "31"));
  EXPECT_EQ(config.failure_action, Action::reboot);
  EXPECT_EQ(config.final_action, Action::reboot);
  EXPECT_FALSE(config.force_rebuild);
  EXPECT_FALSE(config.force_no_rebuild);
  EXPECT_TRUE(config.auto_reset_crashkernel);
  EXPECT_EQ(config.timeout, std::chrono::minutes(2));
  EXPECT_EQ(config.deadline.count(), 0);
}

TEST(KdumpConf, EveryDirectiveTakesItsValue) {
  const Config config = config_of(
      "ext4 LABEL=dumps\npath crash//here/\ncore_collector /usr/sbin/makedumpfile -c -d 17\n"
      "failure_action halt\nfinal_action poweroff\nextra_modules virtio_blk crc32c-intel\n"
      "force_no_rebuild 1\nauto_reset_crashkernel no\ntimeout 90\ndeadline 2h\n");
  ASSERT_TRUE(config.target);
  EXPECT_EQ(target_text(*config.target), "ext4 LABEL=dumps");
  EXPECT_EQ(config.path, "/crash/here");
  EXPECT_THAT(config.core_collector, ElementsAre("/usr/sbin/makedumpfile", "-c", "-d", "17"));
  EXPECT_EQ(config.failure_action, Action::halt);
  EXPECT_EQ(config.final_action, Action::poweroff);
  EXPECT_THAT(config.extra_modules, ElementsAre("virtio_blk", "crc32c-intel"));
  EXPECT_TRUE(config.force_no_rebuild);
  EXPECT_FALSE(config.auto_reset_crashkernel);
  EXPECT_EQ(config.timeout, std::chrono::seconds(90));
  EXPECT_EQ(config.deadline, std::chrono::hours(2));
}

TEST(KdumpConf, HooksAndWhatTheyUse) {
  const Config config = config_of(
      "kdump_pre /a\nkdump_post /b\nkdump_emergency /c\nhook_timeout 5min\nextra_bins ip /usr/bin/curl\n"
      "failure_action dump_to_rootfs\n");
  EXPECT_EQ(config.kdump_pre, "/a");
  EXPECT_EQ(config.kdump_post, "/b");
  EXPECT_EQ(config.kdump_emergency, "/c");
  EXPECT_EQ(config.hook_timeout, std::chrono::minutes(5));
  EXPECT_THAT(config.extra_bins, ElementsAre("ip", "/usr/bin/curl"));
  EXPECT_EQ(config.failure_action, Action::dump_to_rootfs);
  EXPECT_THAT(complaints_of("kdump_post hook.sh\n"), HasSubstr("\"hook.sh\" is not an absolute path"));
  EXPECT_THAT(complaints_of("hook_timeout 0\n"), HasSubstr("give up at once"));
}

TEST(KdumpConf, FallbacksKeepTheirOrder) {
  const Config config = config_of(
      "fallback ext4 LABEL=a\nfallback xfs /dev/vdb timeout=5min path=dumps//here/\n"
      "fallback btrfs PARTUUID=12-01 path=/\n");
  ASSERT_EQ(config.fallbacks.size(), 3U);
  EXPECT_EQ(target_text(config.fallbacks[0].target), "ext4 LABEL=a");
  EXPECT_EQ(config.fallbacks[0].path, "");
  EXPECT_FALSE(config.fallbacks[0].timeout);
  EXPECT_EQ(config.fallbacks[1].path, "/dumps/here");
  EXPECT_EQ(config.fallbacks[1].timeout, std::chrono::minutes(5));
  EXPECT_EQ(config.fallbacks[2].path, "/");
}

TEST(KdumpConf, WhatIsWrongWithAFallbackIsNamed) {
  EXPECT_THAT(complaints_of("fallback ext4\n"), HasSubstr("fallback: needs a kind and a target"));
  EXPECT_THAT(complaints_of("fallback ssh host\n"), HasSubstr("\"host\" names no user; write USER@HOST"));
  EXPECT_THAT(complaints_of("fallback nfs host:/x sshkey=/k\n"),
              HasSubstr("sshkey= is for ssh; leave it out of \"nfs host:/x\""));
  EXPECT_THAT(complaints_of("fallback zfs tank\n"), HasSubstr("unknown kind of target \"zfs\""));
  EXPECT_THAT(complaints_of("fallback ext4 vda\n"), HasSubstr("\"vda\" is not a device"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda /x\n"), HasSubstr("\"/x\" is no option of a fallback"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda path=\n"), HasSubstr("\"path=\" is no option"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda timeout=0\n"), HasSubstr("give up at once"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda timeout=x\n"), HasSubstr("is not a time"));
}

struct Written {
  const char* line;
  const char* text;  // what target_text makes of it
};

class Targets : public testing::TestWithParam<Written> {};

TEST_P(Targets, AreReadAndWritten) {
  const Config config = config_of(GetParam().line);
  ASSERT_TRUE(config.target) << GetParam().line;
  EXPECT_EQ(target_text(*config.target), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Targets,
    testing::Values(Written{"raw /dev/vdb1", "raw /dev/vdb1"},
                    Written{"raw PARTUUID=12-01", "raw PARTUUID=12-01"},
                    Written{"nfs server.example:/srv//crash/", "nfs server.example:/srv/crash"},
                    Written{"nfs [2001:db8::7]:/", "nfs [2001:db8::7]:/"},
                    Written{"ssh kdump@server", "ssh kdump@server"},
                    Written{"ssh kdump@192.0.2.7:2222", "ssh kdump@192.0.2.7:2222"},
                    Written{"ssh kdump@2001:db8::7", "ssh kdump@2001:db8::7"},
                    Written{"ssh kdump@[2001:db8::7]", "ssh kdump@2001:db8::7"},
                    Written{"ssh kdump@[2001:db8::7]:2222", "ssh kdump@[2001:db8::7]:2222"},
                    Written{"ssh who@domain@server", "ssh who@domain@server"}));

TEST(KdumpConf, WhatIsWrongWithATargetIsNamed) {
  EXPECT_EQ(
      complaints_of("raw LABEL=x\n"),
      "conf:1: raw: \"LABEL=x\" is not a device without a filesystem; write /dev/NAME or PARTUUID=ID\n");
  for (const std::string wrong :
       {"server", "server:srv", ":/srv", "2001:db8::7:/srv", "[2001:db8::7/srv", "-o:/srv"})
    EXPECT_EQ(complaints_of("nfs " + wrong + "\n"),
              "conf:1: nfs: \"" + wrong +
                  "\" is not an export; write SERVER:/EXPORT, with an IPv6 address in brackets\n");
  EXPECT_THAT(complaints_of("ssh server\n"), HasSubstr("ssh: \"server\" names no user; write USER@HOST"));
  EXPECT_THAT(complaints_of("ssh @server\n"), HasSubstr("ssh: \"\" is not a user"));
  EXPECT_THAT(complaints_of("ssh -oProxyCommand=x@server\n"), HasSubstr("is not a user"));
  for (const std::string wrong : {"", "-host", "[2001:db8::7]x", "[]"})
    EXPECT_THAT(complaints_of("ssh kdump@" + wrong + "\n"), HasSubstr("\"" + wrong + "\" is not a host"));
  for (const std::string wrong : {"0", "65536", "x", ""})
    EXPECT_THAT(complaints_of("ssh kdump@server:" + wrong + "\n"),
                HasSubstr("\"" + wrong + "\" is not a port; write one from 1 to 65535"));
  EXPECT_THAT(complaints_of("nfs a:/b c\n"), HasSubstr("is more than one word"));
}

TEST(KdumpConf, OneTargetOnly) {
  EXPECT_EQ(complaints_of("nfs server:/srv\nssh kdump@server\n"),
            "conf:2: \"ssh\" and \"nfs\" (line 1) both set the dump target; keep one\n");
}

TEST(KdumpConf, KeysAndFreeSpace) {
  const Config config = config_of(
      "ssh kdump@server\nsshkey /root/.ssh/key\nmin_free 2G\nfallback ssh kdump@other "
      "sshkey=/root/.ssh/second\n");
  EXPECT_EQ(config.sshkey, "/root/.ssh/key");
  EXPECT_EQ(config.min_free, uint64_t{2} << 30);
  EXPECT_EQ(std::get<SshTarget>(*config.target).key, "");
  EXPECT_EQ(std::get<SshTarget>(config.fallbacks[0].target).key, "/root/.ssh/second");
  EXPECT_EQ(config_of("").min_free, uint64_t{64} << 20);
  EXPECT_EQ(config_of("min_free 0").min_free, 0U);
  EXPECT_EQ(complaints_of("sshkey key\n"),
            "conf:1: sshkey: \"key\" is not the absolute path of a private key\n");
  EXPECT_EQ(complaints_of("min_free lots\n"),
            "conf:1: min_free: \"lots\" is not a size; write for example 64M or 2G\n");
}

TEST(KdumpConf, CollectorsThatCopy) {
  EXPECT_THAT(config_of("ssh kdump@server\ncore_collector scp\n").core_collector, ElementsAre("scp"));
  EXPECT_THAT(config_of("core_collector cp\n").core_collector, ElementsAre("cp"));
  EXPECT_EQ(
      complaints_of("core_collector scp\n"),
      "conf:1: core_collector: scp works only with ssh, \"path /var/crash\" is none; use makedumpfile\n");
  EXPECT_EQ(complaints_of("ssh kdump@server\nfallback nfs server:/srv\ncore_collector scp\n"),
            "conf:3: core_collector: scp works only with ssh, \"fallback nfs server:/srv\" is none; use "
            "makedumpfile\n");
  EXPECT_EQ(complaints_of("core_collector cp\nraw /dev/vdb\nfallback nfs a:/b\n"),
            "conf:1: core_collector: cp works only with filesystems and nfs, \"raw /dev/vdb\" is none; use "
            "makedumpfile\n");
  EXPECT_THAT(complaints_of("core_collector cp -a\n"), HasSubstr("cp takes no options, found \"-a\""));
  EXPECT_THAT(
      complaints_of("core_collector /usr/bin/dd\n"),
      HasSubstr("collector \"/usr/bin/dd\" is not built yet; use makedumpfile with its options, cp or scp"));
}

TEST(KdumpConf, HashCutsAValueEvenWithoutABlank) { EXPECT_EQ(config_of("path /a#b c").path, "/a"); }

TEST(KdumpConf, OnePairOfQuotesIsTaken) {
  EXPECT_EQ(config_of("path \"/a b\"").path, "/a b");
  EXPECT_EQ(config_of("path \"\"/a\"\"").path, "/\"/a\"");
  EXPECT_EQ(config_of("path \"/a").path, "/\"/a");
}

TEST(KdumpConf, BlanksTabsAndCarriageReturnsSeparate) {
  EXPECT_EQ(config_of("\n \t path \t /x \t \r\n\n").path, "/x");
  EXPECT_EQ(config_of("path /last").path, "/last");
}

TEST(KdumpConf, AnyWordButNoKeepsAutoReset) {
  EXPECT_TRUE(config_of("auto_reset_crashkernel maybe").auto_reset_crashkernel);
}

TEST(KdumpConf, AValueOfOnlyACommentIsMissing) {
  EXPECT_EQ(complaints_of("path # /x\n"), "conf:1: \"path\" needs a value; see kdump.conf(5)\n");
}

TEST(KdumpConf, WordsAreCaseSensitive) {
  EXPECT_EQ(complaints_of("Path /x\n"), "conf:1: unknown directive \"Path\"; did you mean \"path\"?\n");
}

TEST(KdumpConf, AVeryLongWordIsCutInTheMessage) {
  EXPECT_EQ(complaints_of(std::string(5000, 'x')),
            "conf:1: unknown directive \"" + std::string(40, 'x') + "...\"; kdump.conf(5) lists them\n");
}

TEST(KdumpConf, DeprecatedDefaultWarnsAndWorks) {
  const ParsedConfig parsed = parse_config("default halt\n");
  EXPECT_TRUE(parsed.valid());
  EXPECT_EQ(parsed.config.failure_action, Action::halt);
  EXPECT_THAT(render_all(parsed.diagnostics, "conf"),
              ElementsAre("conf:1: warning: \"default\" is deprecated; write \"failure_action\""));
}

TEST(KdumpConf, ControlCharactersAreReported) {
  EXPECT_THAT(complaints_of(std::string_view("path /x\0y\n", 10)), HasSubstr("conf:1: control character"));
}

TEST(KdumpConf, EveryUnsupportedDirectiveIsReportedByName) {
  for (const UnsupportedDirective& directive : unsupported_directives()) {
    const std::string line = std::string(directive.name) + " x\n";
    EXPECT_EQ(complaints_of(line), fmt::format("conf:1: \"{}\" {}\n", directive.name, directive.why));
    EXPECT_FALSE(parse_config(line).valid());
  }
}

TEST(KdumpConf, AFileThatCannotBeReadIsNamed) {
  const auto read = read_config("/nonexistent/kdump.conf");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr("/nonexistent/kdump.conf"));
}

}  // namespace
}  // namespace kdump::conf
