// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/command.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/kdump_builder.h"
#include "tests/unit/makedumpfile/support/temporary_file.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

Result<InspectOutcome> run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  DumpObserver observer;
  return run_inspect(arguments, observer);
}

TEST(InspectCommand, KnowsItsWords) {
  EXPECT_TRUE(is_inspect_word("info"));
  EXPECT_TRUE(is_inspect_word("verify"));
  EXPECT_FALSE(is_inspect_word("vmcore"));
}

TEST(InspectCommand, RunsThem) {
  test::KdumpBuilder<> builder;
  builder.add(3, 'a');
  const test::TemporaryFile dump(builder.build());
  const auto info = run({"info", "--json", dump.path()});
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->status, 0);
  EXPECT_EQ(info->text.front(), '{');
  const auto verified = run({"verify", "--num-threads", "2", dump.path()});
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(verified->status, 0) << verified->text;
  const auto different = run({"verify", "--against", "/dev/null", dump.path()});
  ASSERT_TRUE(different) << different.error().message();
  EXPECT_EQ(different->status, 1);
  const auto absent = run({"info", dump.path(), "/absent/dump"});
  ASSERT_TRUE(absent);
  EXPECT_EQ(absent->status, 1);
  EXPECT_THAT(absent->errors, HasSubstr("/absent/dump"));
  EXPECT_THAT(absent->text, HasSubstr("kdump-compressed"));
}

TEST(InspectCommand, RefusesOtherWords) {
  EXPECT_EQ(run({"info"}).error().kind(), ErrorKind::usage);
  EXPECT_EQ(run({"info", "--against", "x", "y"}).error().kind(), ErrorKind::usage);
  EXPECT_EQ(run({"verify", "--num-threads", "many", "y"}).error().kind(), ErrorKind::usage);
}

}  // namespace
}  // namespace kdump
