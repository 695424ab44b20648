// SPDX-License-Identifier: GPL-2.0-or-later
// The shipped files and the man page say what the tables say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "common/text.h"
#include "conf/directives.h"
#include "conf/kdump_conf.h"
#include "conf/sysconfig.h"

namespace kdump::conf {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string shipped(const std::string& name) {
  const auto text = read_text_file(KDUMP_SOURCE_DIR "/conf/" + name);
  EXPECT_TRUE(text) << name;
  return text.value_or("");
}

// The sample with every "#word" line, which is how it shows a default, made a directive.
std::string uncommented(const std::string& sample) {
  std::string text;
  for (const std::string_view line : split_lines(sample)) {
    const bool shows_default = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    if (shows_default) text.append(line.substr(1)).append("\n");
  }
  return text;
}

void expect_equal(const Config& a, const Config& b) {
  EXPECT_EQ(a.path, b.path);
  EXPECT_EQ(a.min_free, b.min_free);
  EXPECT_EQ(a.core_collector, b.core_collector);
  EXPECT_EQ(a.failure_action, b.failure_action);
  EXPECT_EQ(a.final_action, b.final_action);
  EXPECT_EQ(a.extra_modules, b.extra_modules);
  EXPECT_EQ(a.force_rebuild, b.force_rebuild);
  EXPECT_EQ(a.force_no_rebuild, b.force_no_rebuild);
  EXPECT_EQ(a.auto_reset_crashkernel, b.auto_reset_crashkernel);
  EXPECT_EQ(a.timeout, b.timeout);
  EXPECT_EQ(a.deadline, b.deadline);
  EXPECT_EQ(a.hook_timeout, b.hook_timeout);
  EXPECT_EQ(a.kdump_pre, b.kdump_pre);
}

TEST(ShippedConf, ParsesToTheDefaults) {
  const ParsedConfig parsed = parse_config(shipped("kdump.conf"));
  EXPECT_THAT(parsed.diagnostics, IsEmpty());
  EXPECT_FALSE(parsed.config.target);
  expect_equal(parsed.config, Config{});
}

TEST(ShippedConf, ShowsTheDefaults) {
  std::string text = uncommented(shipped("kdump.conf"));
  // Those that have no default are shown by example or bare.
  for (const std::string line :
       {"ext2 LABEL=dumps\n", "ext3 LABEL=dumps\n", "ext4 LABEL=dumps\n", "xfs LABEL=dumps\n",
        "btrfs LABEL=dumps\n", "vfat LABEL=DUMPS\n", "raw PARTUUID=0b2c5a1e-01\n",
        "nfs server.example:/export\n", "ssh kdump@server.example:22\n",
        "kdump_pre /usr/local/sbin/before-the-dump\n", "kdump_post /usr/local/sbin/after-the-dump\n",
        "kdump_emergency /usr/local/sbin/no-dump\n", "extra_bins\n", "extra_modules\n"}) {
    ASSERT_THAT(text, HasSubstr(line));
    text.erase(text.find(line), line.size());
  }
  const ParsedConfig parsed = parse_config(text);
  EXPECT_THAT(render_all(parsed.diagnostics, "kdump.conf"), IsEmpty());
  expect_equal(parsed.config, Config{});
}

TEST(ShippedConf, ShowsEveryDirective) {
  const std::string sample = shipped("kdump.conf");
  for (const Directive& directive : directives()) {
    if (!directive.deprecated.empty()) continue;
    EXPECT_THAT(sample, HasSubstr(fmt::format("\n#{}", directive.name)));
  }
}

TEST(ManPage, HasEveryDirective) {
  const std::string page = shipped("kdump.conf.5");
  for (const Directive& directive : directives())
    EXPECT_THAT(page, HasSubstr(fmt::format("\n.It Ic {} ", directive.name)));
}

TEST(ManPage, HasNoOtherDirective) {
  const std::string page = shipped("kdump.conf.5");
  size_t entries = 0;
  for (const std::string_view line : split_lines(page)) entries += line.starts_with(".It Ic ") ? 1U : 0U;
  EXPECT_EQ(entries, directives().size());
}

TEST(ShippedSysconfig, ParsesToTheDefaultsAndShowsThem) {
  const Sysconfig defaults;
  for (const std::string& text : {shipped("kdump.sysconfig"), uncommented(shipped("kdump.sysconfig"))}) {
    const ParsedSysconfig parsed = parse_sysconfig(text);
    EXPECT_THAT(render_all(parsed.diagnostics, "kdump.sysconfig"), IsEmpty());
    EXPECT_EQ(parsed.settings.KDUMP_KERNELVER, defaults.KDUMP_KERNELVER);
    EXPECT_EQ(parsed.settings.KDUMP_COMMANDLINE, defaults.KDUMP_COMMANDLINE);
    EXPECT_EQ(parsed.settings.KDUMP_COMMANDLINE_REMOVE, defaults.KDUMP_COMMANDLINE_REMOVE);
    EXPECT_EQ(parsed.settings.KDUMP_COMMANDLINE_APPEND, defaults.KDUMP_COMMANDLINE_APPEND);
    EXPECT_EQ(parsed.settings.KEXEC_ARGS, defaults.KEXEC_ARGS);
  }
}

}  // namespace
}  // namespace kdump::conf
