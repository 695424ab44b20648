// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/text.h"

namespace kdump {
namespace {

struct Settings {
  bool flattened = false;
  uint64_t level = 0;
  std::string log;
};

const Option<Settings> kTable[] = {
    {{'F', nullptr, Argument::none, nullptr, "flattened stream"},
     [](Settings& s, std::string_view) -> Status {
       s.flattened = true;
       return {};
     }},
    {{'d', nullptr, Argument::required, "LEVEL", "dump level"},
     [](Settings& s, std::string_view text) -> Status {
       const auto value = parse_u64(text);
       if (!value) return fail(ErrorKind::usage, "{} is not a number", text);
       s.level = *value;
       return {};
     }},
    {{0, "dump-dmesg", Argument::none, nullptr, "the log alone"},
     [](Settings& s, std::string_view) -> Status {
       s.log = "yes";
       return {};
     }},
    {{0, "dump-other", Argument::required, "FILE", "ambiguous with the one above"},
     [](Settings&, std::string_view) -> Status { return {}; }},
};

Result<std::vector<std::string>> parse(std::vector<std::string> words, Settings& settings) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_options<Settings>(kTable, arguments, settings);
}

std::string error_of(std::vector<std::string> words) {
  Settings settings;
  const auto result = parse(std::move(words), settings);
  return result ? "" : result.error().message();
}

TEST(Options, BundlesRepeatsAndPermutes) {
  Settings settings;
  const auto files = parse({"vmcore", "-Fd1", "-d", "31", "out", "--dump-dm"}, settings);
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_THAT(*files, testing::ElementsAre("vmcore", "out"));
  EXPECT_TRUE(settings.flattened);
  EXPECT_EQ(settings.level, 31U);
  EXPECT_EQ(settings.log, "yes");
}

TEST(Options, DoubleDashEndsThem) {
  Settings settings;
  EXPECT_THAT(parse({"--", "-F"}, settings).value(), testing::ElementsAre("-F"));
  EXPECT_FALSE(settings.flattened);
}

TEST(Options, ErrorsNameTheOption) {
  EXPECT_EQ(error_of({"-q"}), "unknown or ambiguous option -q");
  EXPECT_EQ(error_of({"--nothing"}), "unknown or ambiguous option --nothing");
  EXPECT_EQ(error_of({"--dump"}), "unknown or ambiguous option --dump");
  EXPECT_EQ(error_of({"-d"}), "option -d needs an argument");
  EXPECT_EQ(error_of({"--dump-other"}), "option --dump-other needs an argument");
  EXPECT_EQ(error_of({"--dump-dmesg=x"}), "option --dump-dmesg=x takes no argument");
  EXPECT_EQ(error_of({"-d", "abc"}), "-d: abc is not a number");
}

TEST(Options, HelpShowsEveryRow) {
  const std::vector<OptionName> names = option_names<Settings>(kTable);
  EXPECT_EQ(option_help(names),
            "  -F                     flattened stream\n"
            "  -d LEVEL               dump level\n"
            "      --dump-dmesg       the log alone\n"
            "      --dump-other=FILE  ambiguous with the one above\n");
}

}  // namespace
}  // namespace kdump
