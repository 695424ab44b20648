// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/exit_status.h"

#include <gtest/gtest.h>

#include <set>

#include "common/file.h"

namespace kdump {
namespace {

TEST(ExitStatus, IsOneOrTwoAsEver) {
  EXPECT_EQ(exit_status({.kind = ErrorKind::usage}, false), 1);
  EXPECT_EQ(exit_status({.kind = ErrorKind::no_space, .incomplete = true}, false), 1);
  EXPECT_EQ(exit_status({.kind = ErrorKind::mismatch}, false), 1);
  EXPECT_EQ(exit_status({.kind = ErrorKind::mismatch, .named_release = true}, false), 2);
}

TEST(ExitStatus, TellsWhatWentWrongWhenAsked) {
  EXPECT_EQ(exit_status({.kind = ErrorKind::mismatch, .named_release = true}, true), 2);
  EXPECT_EQ(exit_status({.kind = ErrorKind::usage}, true), 3);
  EXPECT_EQ(exit_status({.kind = ErrorKind::unsupported}, true), 4);
  EXPECT_EQ(exit_status({.no_input = true}, true), 5);
  EXPECT_EQ(exit_status({.kind = ErrorKind::corrupt}, true), 6);
  EXPECT_EQ(exit_status({.output_exists = true}, true), 7);
  EXPECT_EQ(exit_status({.kind = ErrorKind::no_space}, true), 8);
  EXPECT_EQ(exit_status({.kind = ErrorKind::no_space, .incomplete = true}, true), 9);
  EXPECT_EQ(exit_status({.kind = ErrorKind::mismatch}, true), 10);
  EXPECT_EQ(exit_status({.lost_pages = true}, true), 11);
  EXPECT_EQ(exit_status({}, true), 1);
}

TEST(ExitStatus, StandsInTheManPage) {
  const std::string page = read_text_file(KDUMP_SOURCE_DIR "/makedumpfile/makedumpfile.8").value();
  const size_t begin = page.find(".Sh EXIT STATUS"), end = page.find(".Sh", begin + 1);
  ASSERT_NE(begin, std::string::npos);
  const std::string section = page.substr(begin, end - begin);
  std::set<int> seen;
  for (const ExitStatus& row : exit_statuses()) {
    EXPECT_TRUE(seen.insert(row.status).second) << row.status;
    EXPECT_NE(section.find(fmt::format(".It {}\n", row.status)), std::string::npos) << row.status;
    if (row.status > 2) {
      EXPECT_NE(section.find(row.meaning), std::string::npos) << row.meaning;
    }
  }
}

}  // namespace
}  // namespace kdump
