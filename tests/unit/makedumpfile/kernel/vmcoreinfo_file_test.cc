// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/vmcoreinfo_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/layout/elf.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class VmcoreinfoFile : public testing::Test {
 protected:
  VmcoreinfoFile() {
    std::string name = std::filesystem::temp_directory_path() / "vmcoreinfo_file_test.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~VmcoreinfoFile() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& content) {
    const std::string path = folder_ + "/info";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::string error_of(const std::string& content) {
    const auto named = read_vmcoreinfo_file(file(content));
    EXPECT_FALSE(named) << content;
    return named ? std::string() : named.error().message();
  }

 private:
  std::string folder_;
};

TEST_F(VmcoreinfoFile, IsReadAsLines) {
  const auto named =
      read_vmcoreinfo_file(file("OSRELEASE=6.1.0\nPAGESIZE=4096\n\nSYMBOL(prb)=ffffffff82a622c0\n\n"));
  ASSERT_TRUE(named) << named.error().message();
  EXPECT_EQ(named->lines.symbol("prb"), 0xffffffff82a622c0);
  EXPECT_EQ(named->lines.text("OSRELEASE"), "6.1.0");
  EXPECT_EQ(named->machine, 0);
  EXPECT_FALSE(named->empty());
}

// What makedumpfile 1.7.2 -g writes for 6.1: a length it did not find, and a line of no known kind.
TEST_F(VmcoreinfoFile, TheOriginalsSlipsDoNotCount) {
  const auto named = read_vmcoreinfo_file(
      file("OSRELEASE=6.1.0\nLENGTH(node_data)=9223372036854775806\nLENGTH(zone.free_area)=11\n"
           "SRCFILE(pud_t)=arch/x86/include/asm/pgtable_types.h\n"));
  ASSERT_TRUE(named) << named.error().message();
  EXPECT_FALSE(named->lines.text("LENGTH(node_data)"));
  EXPECT_EQ(named->lines.text("LENGTH(zone.free_area)"), "11");
}

TEST_F(VmcoreinfoFile, OtherFilesAreRefused) {
  EXPECT_THAT(read_vmcoreinfo_file("/no/such/info").error().message(), HasSubstr("no such file"));
  EXPECT_THAT(error_of("OSRELEASE=6.1.0\nhello\n"), HasSubstr("line 2"));
  EXPECT_THAT(error_of(std::string("OSRELEASE=6.1.0\n\x7f"
                                   "ELF=\n")),
              HasSubstr("line 2"));
  EXPECT_THAT(error_of("=6.1.0\n"), HasSubstr("line 1"));
  EXPECT_THAT(error_of("PAGESIZE=4096\n"), HasSubstr("OSRELEASE"));
  EXPECT_THAT(error_of("OSRELEASE=\n"), HasSubstr("OSRELEASE"));
  EXPECT_THAT(error_of(""), HasSubstr("OSRELEASE"));
}

NamedFacts of_vmlinux(std::string_view text) { return {"vmlinux", elf::EM_X86_64, Vmcoreinfo(text)}; }

TEST(VmcoreinfoText, HasTheLinesByKindAndWhatFollowsFromThem) {
  const auto text = vmcoreinfo_text(of_vmlinux(
      "NUMBER(PG_lru)=4\nSYMBOL(prb)=ffffffff82a622c0\nOSRELEASE=6.1.0\nPAGESIZE=4096\nBUILD-ID=00ff\n"
      "OFFSET(page.flags)=0\nSIZE(page)=64\nLENGTH(zone.free_area)=11\n"));
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_THAT(*text,
              StartsWith("OSRELEASE=6.1.0\nBUILD-ID=00ff\nPAGESIZE=4096\nSYMBOL(prb)=ffffffff82a622c0\n"
                         "SIZE(page)=64\nOFFSET(page.flags)=0\nLENGTH(zone.free_area)=11\n"
                         "NUMBER(MAX_PHYSMEM_BITS)=46\n"));
  EXPECT_THAT(*text, HasSubstr("NUMBER(SECTION_SIZE_BITS)=27\n"));
}

// Which of 46 and 52 it is shows in the dump only.
TEST(VmcoreinfoText, LeavesToTheDumpWhatTheMachineDecides) {
  const auto text =
      vmcoreinfo_text(of_vmlinux("OSRELEASE=6.1.0\nSYMBOL(__pgtable_l5_enabled)=ffffffff82398490\n"));
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_THAT(*text, Not(HasSubstr("MAX_PHYSMEM_BITS")));
}

TEST(VmcoreinfoText, NeedsARelease) {
  const auto text = vmcoreinfo_text(of_vmlinux("SIZE(page)=64\n"));
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message(), HasSubstr("vmlinux: does not tell its release"));
}

}  // namespace
}  // namespace kdump
