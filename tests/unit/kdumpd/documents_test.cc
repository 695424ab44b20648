// SPDX-License-Identifier: GPL-2.0-or-later
// Man page and shell completion have what the table of verbs has.
#include <gmock/gmock.h>

#include "common/file.h"
#include "common/text.h"
#include "kdumpd/verbs.h"

namespace kdump::service {
namespace {

std::string source(const std::string& name) {
  return read_text_file(KDUMP_SOURCE_DIR "/" + name).value_or("");
}

std::string all_verbs() {
  std::string names;
  for (const Verb& verb : verbs()) names += (names.empty() ? "" : " ") + std::string(verb.name);
  return names;
}

TEST(Documents, TheManPageHasEveryVerbAndNoOther) {
  const std::string page = source("kdumpd/kdumpctl.8");
  for (const Verb& verb : verbs())
    EXPECT_THAT(page, testing::HasSubstr(fmt::format("\n.It Cm {}", verb.name)));
  size_t entries = 0;
  for (const std::string_view line : split_lines(page)) entries += line.starts_with(".It Cm ") ? 1U : 0U;
  EXPECT_EQ(entries, verbs().size());
}

TEST(Documents, TheCompletionHasEveryVerbAndNoOther) {
  EXPECT_THAT(source("packaging/completion/kdumpctl"), testing::HasSubstr("verbs=\"" + all_verbs() + "\"\n"));
}

TEST(Documents, TheUsageHasEveryVerb) {
  for (const Verb& verb : verbs()) EXPECT_THAT(usage(), testing::HasSubstr(std::string(verb.name)));
}

}  // namespace
}  // namespace kdump::service
