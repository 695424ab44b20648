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
  EXPECT_EQ(config.target->fstype, "ext4");
  EXPECT_EQ(config.target->device, "LABEL=dumps");
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
  EXPECT_EQ(config.fallbacks[0].target.fstype, "ext4");
  EXPECT_EQ(config.fallbacks[0].target.device, "LABEL=a");
  EXPECT_EQ(config.fallbacks[0].path, "");
  EXPECT_FALSE(config.fallbacks[0].timeout);
  EXPECT_EQ(config.fallbacks[1].path, "/dumps/here");
  EXPECT_EQ(config.fallbacks[1].timeout, std::chrono::minutes(5));
  EXPECT_EQ(config.fallbacks[2].path, "/");
}

TEST(KdumpConf, WhatIsWrongWithAFallbackIsNamed) {
  EXPECT_THAT(complaints_of("fallback ext4\n"), HasSubstr("fallback: needs a kind and a device"));
  EXPECT_THAT(complaints_of("fallback ssh kdump@host\n"), HasSubstr("\"ssh\" is not built yet"));
  EXPECT_THAT(complaints_of("fallback zfs tank\n"), HasSubstr("unknown kind of target \"zfs\""));
  EXPECT_THAT(complaints_of("fallback ext4 vda\n"), HasSubstr("\"vda\" is not a device"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda /x\n"), HasSubstr("\"/x\" is no option of a fallback"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda path=\n"), HasSubstr("\"path=\" is no option"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda timeout=0\n"), HasSubstr("give up at once"));
  EXPECT_THAT(complaints_of("fallback ext4 /dev/vda timeout=x\n"), HasSubstr("is not a time"));
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
