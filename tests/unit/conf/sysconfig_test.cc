// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/sysconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kdump::conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Sysconfig settings_of(std::string_view text) {
  const ParsedSysconfig parsed = parse_sysconfig(text);
  EXPECT_THAT(render_all(parsed.diagnostics, "sysconfig"), IsEmpty());
  return parsed.settings;
}

std::vector<std::string> complaints_of(std::string_view text) {
  return render_all(parse_sysconfig(text).diagnostics, "sysconfig");
}

TEST(Sysconfig, AnAbsentFileIsTheDefaults) {
  const auto parsed = read_sysconfig("/nonexistent/kdump");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->settings.KDUMP_KERNELVER, "");
  EXPECT_EQ(parsed->settings.KEXEC_ARGS, "-s");
  EXPECT_THAT(parsed->settings.KDUMP_COMMANDLINE_APPEND, HasSubstr("panic=10"));
  EXPECT_THAT(parsed->settings.KDUMP_COMMANDLINE_REMOVE, HasSubstr("quiet"));
}

TEST(Sysconfig, QuotesAsTheShellHasThem) {
  EXPECT_EQ(settings_of("KDUMP_KERNELVER=6.1\n").KDUMP_KERNELVER, "6.1");
  EXPECT_EQ(settings_of("KDUMP_KERNELVER='a b'c\"d e\"").KDUMP_KERNELVER, "a bcd e");
  EXPECT_EQ(settings_of("KDUMP_KERNELVER=").KDUMP_KERNELVER, "");
  EXPECT_EQ(settings_of("KDUMP_KERNELVER=\"\" # note\n").KDUMP_KERNELVER, "");
  EXPECT_EQ(settings_of(R"(KDUMP_COMMANDLINE="a=\"b c\" d\e \$x \\")").KDUMP_COMMANDLINE,
            R"(a="b c" d\e $x \)");
  EXPECT_EQ(settings_of("KDUMP_COMMANDLINE=a\\ b").KDUMP_COMMANDLINE, "a b");
  EXPECT_EQ(settings_of("export KDUMP_COMMANDLINE='$x `y`'").KDUMP_COMMANDLINE, "$x `y`");
}

TEST(Sysconfig, AValueMayGoOverSeveralLines) {
  EXPECT_EQ(settings_of("KDUMP_COMMANDLINE=\"a \\\nb\nc\"\nKDUMP_KERNELVER=1").KDUMP_COMMANDLINE, "a b c");
}

TEST(Sysconfig, TheLastAssignmentHolds) {
  EXPECT_EQ(settings_of("KDUMP_KERNELVER=1; KDUMP_KERNELVER=2\n").KDUMP_KERNELVER, "2");
}

TEST(Sysconfig, NothingIsExecutedOrExpanded) {
  EXPECT_THAT(complaints_of("KDUMP_KERNELVER=$(uname -r)\n"),
              ElementsAre(StartsWith("sysconfig:1: $ and ` are not expanded")));
  EXPECT_THAT(complaints_of("KDUMP_KERNELVER=\"`id`\"\n"), ElementsAre(StartsWith("sysconfig:1: $ and `")));
  EXPECT_THAT(complaints_of("KDUMP_KERNELVER=a|b\n"),
              ElementsAre("sysconfig:1: unquoted |; put the value in quotes"));
  EXPECT_THAT(complaints_of("rm -rf /\n"), ElementsAre(StartsWith("sysconfig:1: not an assignment")));
}

TEST(Sysconfig, EveryFaultIsReportedWithItsLine) {
  EXPECT_THAT(
      complaints_of("KDUMP_KERNELVER=a b\n1X=2\n\nKDUMP_KERNELVERS=1\nUNHEARD_OF_THING=1\nKDUMP_IMG=bzImage\n"
                    "KDUMP_KERNELVER='open\n"),
      ElementsAre(
          "sysconfig:1: words after the value; put a value of several words in quotes",
          StartsWith("sysconfig:2: not an assignment"),
          "sysconfig:4: warning: KDUMP_KERNELVERS means nothing to kdump; did you mean KDUMP_KERNELVER?",
          "sysconfig:5: warning: UNHEARD_OF_THING means nothing to kdump",
          "sysconfig:6: warning: KDUMP_IMG is not built yet and changes nothing",
          "sysconfig:7: the quote ' is not closed"));
}

TEST(Sysconfig, TheIncumbentsShippedValuesAreSilent) {
  EXPECT_THAT(complaints_of("KDUMP_IMG=\"vmlinuz\"\nKDUMP_IMG_EXT=\"\"\nKDUMP_STDLOGLVL=3\n"), IsEmpty());
}

}  // namespace
}  // namespace kdump::conf
