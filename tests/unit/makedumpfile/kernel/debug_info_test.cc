// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/debug_info.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/fd.h"
#include "common/layout/elf.h"
#include "makedumpfile/kernel/debug_types.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

const std::string kFixture = KDUMP_DEBUG_FIXTURE;  // CMakeLists.txt here makes it

constexpr std::array<WantedFact, 18> kWanted = {{
    {"SYMBOL(main)"},
    {"SYMBOL(no_such_symbol)"},
    {"SIZE(page)"},
    {"SIZE(nodemask_t)"},
    {"SIZE(no_such_type)"},
    {"OFFSET(page.flags)"},
    {"OFFSET(page.mapping)"},
    {"OFFSET(page._mapcount)"},
    {"OFFSET(page.compound_info)"},
    {"OFFSET(page.mlock_count)"},
    {"OFFSET(page.compound_head)"},
    {"OFFSET(page.other_bit_field)"},
    {"OFFSET(atomic_long_t.counter)"},
    {"LENGTH(zone.free_area)"},
    {"LENGTH(zone.flexible)"},
    {"LENGTH(node_data)"},
    {"NUMBER(PG_hwpoison)", "pageflags.PG_hwpoison"},
    {"NUMBER(negative)", "other.negative"},
}};

Result<NamedFacts> read(const std::string& variant) {
  return read_debug_info(kFixture + "." + variant, kWanted);
}

std::string error_of(const std::string& path) {
  const auto facts = read_debug_info(path);
  EXPECT_FALSE(facts) << path;
  return facts ? std::string() : facts.error().message();
}

class Variants : public testing::TestWithParam<const char*> {};

TEST_P(Variants, TellTheirTypes) {
  const auto facts = read(GetParam());
  ASSERT_TRUE(facts) << facts.error().message();
  const auto& lines = facts->lines;
  EXPECT_EQ(lines.text("SIZE(page)"), "48");
  EXPECT_EQ(lines.text("SIZE(nodemask_t)"), "32");
  EXPECT_EQ(lines.text("OFFSET(page.flags)"), "0");
  EXPECT_EQ(lines.text("OFFSET(page.mapping)"), "24");
  EXPECT_EQ(lines.text("OFFSET(page._mapcount)"), "40");
  EXPECT_EQ(lines.text("OFFSET(page.compound_info)"), "8");
  EXPECT_EQ(lines.text("OFFSET(page.mlock_count)"), "16");
  EXPECT_EQ(lines.text("OFFSET(atomic_long_t.counter)"), "0");
  EXPECT_EQ(lines.text("LENGTH(zone.free_area)"), "11");
  EXPECT_EQ(lines.text("LENGTH(node_data)"), "64");
  EXPECT_EQ(lines.text("NUMBER(PG_hwpoison)"), "21");
  EXPECT_EQ(lines.text("NUMBER(negative)"), "-7");
}

TEST_P(Variants, LeaveOutWhatTheyDoNotTell) {
  const auto facts = read(GetParam());
  ASSERT_TRUE(facts) << facts.error().message();
  for (const char* key : {"SYMBOL(no_such_symbol)", "SIZE(no_such_type)", "OFFSET(page.compound_head)",
                          "OFFSET(page.other_bit_field)", "LENGTH(zone.flexible)"})
    EXPECT_FALSE(facts->lines.text(key)) << key << "=" << *facts->lines.text(key);
}

TEST_P(Variants, SayOfWhichKernelTheyAre) {
  const auto facts = read(GetParam());
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->lines.text("BUILD-ID"), "0123456789abcdef");
  EXPECT_TRUE(facts->lines.symbol("main"));
  EXPECT_EQ(facts->file, kFixture + "." + GetParam());
  EXPECT_NE(facts->machine, 0);
  // A file split from the program has no data, so no banner.
  const bool split = std::string_view(GetParam()) == "debug";
  EXPECT_EQ(facts->lines.text("OSRELEASE").value_or("none"), split ? "none" : "6.1.0-fixture");
}

INSTANTIATE_TEST_SUITE_P(DebugInfo, Variants, testing::Values("dwarf4", "dwarf5", "compressed", "debug"));

TEST(DebugInfo, OfAlternativesTheFirstHolds) {
  constexpr auto kDouble = [](int64_t value) { return value * 2; };
  constexpr std::array<WantedFact, 4> kAlternatives = {{
      {"NUMBER(a)", "pagetype.PGTY_buddy", kDouble},
      {"NUMBER(a)", "pageflags.PG_lru"},
      {"NUMBER(b)", "pagetype.no_such_enumerator"},
      {"NUMBER(b)", "pageflags.PG_lru"},
  }};
  const auto facts = read_debug_info(kFixture + ".dwarf5", kAlternatives);
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->lines.text("NUMBER(a)"), "480");
  EXPECT_EQ(facts->lines.text("NUMBER(b)"), "5");
}

TEST(DebugInfo, TheWholeTableIsAskedFor) {
  const auto facts = read_debug_info(kFixture + ".dwarf5");
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->lines.text("NUMBER(PG_head_mask)"), "64");
  EXPECT_EQ(facts->lines.text("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)"), "-268435456");
  EXPECT_EQ(facts->lines.text("LENGTH(free_area.free_list)"), "6");
  EXPECT_TRUE(facts->lines.symbol("mem_section"));
  EXPECT_FALSE(facts->lines.text("LENGTH(mem_section)"));  // a pointer, as in kernels since 4.15
}

TEST(DebugInfo, RefusalsNameTheFileAndTheRemedy) {
  EXPECT_THAT(error_of("/no/such/vmlinux"), HasSubstr("no such file or directory"));
  EXPECT_THAT(error_of(kFixture + ".stripped"), HasSubstr("no debug information"));
  EXPECT_THAT(error_of(kFixture + ".stripped"), HasSubstr("-dbg"));
  EXPECT_THAT(error_of(kFixture + ".linked"), HasSubstr("debug_fixture.debug: name that"));
  EXPECT_THAT(error_of(kFixture + ".object"), HasSubstr("an object file or a module"));
  EXPECT_THAT(error_of(kFixture + ".split"), HasSubstr(".dwo"));
}

class OddFiles : public testing::Test {
 protected:
  OddFiles() {
    std::string name = std::filesystem::temp_directory_path() / "debug_info_test.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~OddFiles() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& content) {
    const std::string path = folder_ + "/vmlinux";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string folder_;
};

TEST_F(OddFiles, AreCalledWhatTheyAre) {
  const std::string zeros(1024, '\0');
  EXPECT_THAT(error_of(file("\x1f\x8b" + zeros)), HasSubstr("gunzip"));
  EXPECT_THAT(error_of(file("\xfd"
                            "7zXZ" +
                            zeros)),
              HasSubstr("unxz"));
  EXPECT_THAT(error_of(file("\x28\xb5\x2f\xfd" + zeros)), HasSubstr("unzstd"));
  EXPECT_THAT(error_of(file("MZ" + zeros.substr(0, 0x200) + "HdrS" + zeros)), HasSubstr("boot image"));
  EXPECT_THAT(error_of(file("KDUMP   " + zeros)), HasSubstr("is a dump"));
  EXPECT_THAT(error_of(file("OSRELEASE=6.1\n")), HasSubstr("-i"));
  EXPECT_THAT(error_of(file("hello")), HasSubstr("no ELF file"));
  EXPECT_THAT(error_of(file("")), HasSubstr("no ELF file"));
}

TEST_F(OddFiles, OtherClassesAndTypesAreRefused) {
  const std::string vmlinux = content_of(kFixture + ".dwarf5");
  std::string core = vmlinux;
  core[16] = 4;  // e_type: ET_CORE
  EXPECT_THAT(error_of(file(core)), HasSubstr("is a core"));
  std::string narrow = vmlinux;
  narrow[4] = 1;  // EI_CLASS: ELFCLASS32
  EXPECT_THAT(error_of(file(narrow)), HasSubstr("64-bit"));
}

// Cut anywhere, overwritten anywhere: an error or fewer facts, nothing else. The sanitizers look.
TEST_F(OddFiles, DamageIsSurvived) {
  const std::string vmlinux = content_of(kFixture + ".dwarf5");
  for (size_t size = 0; size < vmlinux.size(); size += vmlinux.size() / 40) {
    const auto facts = read_debug_info(file(vmlinux.substr(0, size)), kWanted);
    EXPECT_TRUE(facts || facts.error().message().find("/vmlinux") != std::string::npos);
  }
  unsigned random = 1;
  for (int i = 0; i < 200; ++i) {
    std::string damaged = vmlinux;
    for (int j = 0; j < 20; ++j) {
      random = random * 1664525 + 1013904223;
      damaged[64 + (random >> 4) % (damaged.size() - 64)] = static_cast<char>(random >> 24);
    }
    const auto facts = read_debug_info(file(damaged), kWanted);
    EXPECT_TRUE(facts || facts.error().message().find("/vmlinux") != std::string::npos);
  }
}

}  // namespace
}  // namespace kdump
