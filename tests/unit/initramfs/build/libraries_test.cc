// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/libraries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "common/file.h"
#include "common/text.h"
#include "tests/unit/initramfs/build/made_tree.h"

namespace kdump::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Built beside this test: probe needs middle, middle needs leaf; middle's RUNPATH is $ORIGIN/inner.
const std::string kProbe = PROBE_FOLDER "/libprobe.so";
const std::string kMiddle = PROBE_FOLDER "/libmiddle.so";
const std::string kLeaf = PROBE_FOLDER "/libleaf.so";

std::set<std::string> mapped_libraries() {
  std::set<std::string> files;
  const std::string maps = read_text_file("/proc/self/maps").value();
  for (const std::string_view line : split_lines(maps)) {
    const std::vector<std::string_view> words = split_words(line);
    if (words.size() == 6 && words[5].contains(".so")) files.emplace(words[5]);
  }
  return files;
}

TEST(Libraries, AreThoseThatTheLoaderMapped) {
  const auto found = needed_libraries(*HostTree::open(""), "/proc/self/exe");
  ASSERT_TRUE(found) << found.error().message();
  std::set<std::string> files;
  for (const Library& library : *found) files.insert(std::filesystem::canonical(library.path));
  EXPECT_EQ(files, mapped_libraries());
}

class MadeLibraries : public testing::Test {
 protected:
  std::vector<std::string> paths() {
    const auto found = needed_libraries(*HostTree::open(tree_.root()), "/usr/bin/probe");
    if (!found) return {found.error().message()};
    std::vector<std::string> paths;
    for (const Library& library : *found)
      paths.push_back(library.path + (library.image_path == library.path ? "" : " as " + library.image_path));
    return paths;
  }

  MadeTree tree_;
};

TEST_F(MadeLibraries, AreFoundInDefaultDirectories) {
  tree_.copy("/usr/bin/probe", kProbe);
  tree_.copy("/lib64/libmiddle.so", kMiddle);
  tree_.copy("/usr/lib/libleaf.so", kLeaf);
  EXPECT_THAT(paths(), ElementsAre("/lib64/libmiddle.so", "/usr/lib/libleaf.so"));
}

TEST_F(MadeLibraries, AreFoundByRunpathBesideWhoNeedsThem) {
  tree_.copy("/usr/bin/probe", kProbe);
  tree_.copy("/lib/libmiddle.so", kMiddle);
  tree_.copy("/lib/inner/libleaf.so", kLeaf);
  EXPECT_THAT(paths(), ElementsAre("/lib/inner/libleaf.so", "/lib/libmiddle.so"));
}

TEST_F(MadeLibraries, AreFoundInConfiguredDirectories) {
  tree_.copy("/usr/bin/probe", kProbe);
  tree_.file("/etc/ld.so.conf", "# comment\ninclude ld.so.conf.d/*.conf\n");
  tree_.file("/etc/ld.so.conf.d/made.conf", "/opt/made/lib # ours\n");
  tree_.copy("/opt/made/lib/libmiddle.so", kMiddle);
  tree_.copy("/opt/made/lib/libleaf.so", kLeaf);
  EXPECT_THAT(paths(), ElementsAre("/opt/made/lib/libleaf.so", "/opt/made/lib/libmiddle.so"));
}

TEST_F(MadeLibraries, AreFoundInMultiarchDirectoriesWithoutConfiguration) {
  tree_.copy("/usr/bin/probe", kProbe);
  tree_.copy("/lib/x86_64-linux-gnu/libmiddle.so", kMiddle);
  tree_.copy("/usr/lib/x86_64-linux-gnu/libleaf.so", kLeaf);
  EXPECT_THAT(paths(),
              ElementsAre("/lib/x86_64-linux-gnu/libmiddle.so", "/usr/lib/x86_64-linux-gnu/libleaf.so"));
}

TEST_F(MadeLibraries, OfAnotherMachineArePassedOver) {
  tree_.copy("/usr/bin/probe", kProbe);
  tree_.copy("/usr/lib/libmiddle.so", kMiddle);
  tree_.copy("/usr/lib/libleaf.so", kLeaf);
  std::string other = read_text_file(kLeaf).value();
  other[18] = 2;  // e_machine: EM_SPARC
  tree_.file("/lib64/libleaf.so", other);
  EXPECT_THAT(paths(), ElementsAre("/usr/lib/libleaf.so", "/usr/lib/libmiddle.so"));
}

TEST_F(MadeLibraries, ThatAreMissingAreNamedWithWhoNeedsThem) {
  tree_.copy("/usr/bin/probe", kProbe);
  tree_.copy("/lib/libmiddle.so", kMiddle);
  EXPECT_THAT(paths(), ElementsAre(HasSubstr("library libleaf.so, needed by " + tree_.root() +
                                             "/lib/libmiddle.so, is in none of")));
}

TEST_F(MadeLibraries, AbsoluteLinksStayInTheTree) {
  tree_.copy("/usr/bin/probe", kProbe);
  tree_.copy("/lib/libleaf.so", kLeaf);
  tree_.copy("/opt/real/libmiddle.so.7", kMiddle);
  tree_.link("/lib/libmiddle.so", "/opt/real/libmiddle.so.7");
  EXPECT_THAT(paths(), ElementsAre("/lib/libleaf.so", "/lib/libmiddle.so"));
}

TEST_F(MadeLibraries, AProgramThatIsNoElfFileIsAnError) {
  tree_.file("/usr/bin/probe", "#!/bin/sh\n");
  EXPECT_THAT(paths(), ElementsAre(HasSubstr("usr/bin/probe is not an ELF file")));
}

TEST(Libraries, DefaultDirectoriesAreThoseOfTheLoader) {
  for (const char* directory :
       {"/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"})
    EXPECT_TRUE(is_loader_default(directory)) << directory;
  for (const char* directory : {"/usr/local/lib", "/opt/lib", "/library", "/lib/x86_64-linux-gnu/atlas",
                                "/usr/lib/llvm-19", "/usr/local/lib/x86_64-linux-gnu", "/usr"})
    EXPECT_FALSE(is_loader_default(directory)) << directory;
}

}  // namespace
}  // namespace kdump::image
