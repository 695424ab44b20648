// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/fd.h"

namespace kdump {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = testing::TempDir() + "file_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~FileTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] size_t entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  std::string folder_;
};

TEST_F(FileTest, ReplacesAWholeFileWithItsMode) {
  ASSERT_TRUE(replace_file(path("a"), bytes_of(std::string_view("old")), 0644));
  ASSERT_TRUE(replace_file(path("a"), bytes_of(std::string_view("new text")), 0600));
  EXPECT_EQ(read_text_file(path("a")).value(), "new text");
  struct stat status{};
  ASSERT_EQ(stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, AFailedReplacementLeavesNothingBehind) {
  std::filesystem::create_directory(path("taken"));
  std::filesystem::create_directory(path("taken/inside"));
  EXPECT_FALSE(replace_file(path("taken"), bytes_of(std::string_view("x")), 0600));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, ReadsFilesLargerThanOneStep) {
  const std::string text(200'000, 'x');
  ASSERT_TRUE(replace_file(path("big"), bytes_of(std::string_view(text)), 0600));
  EXPECT_EQ(read_text_file(path("big")).value(), text);
  EXPECT_FALSE(read_text_file(path("big"), 1000));
}

TEST_F(FileTest, ReadsProcFilesWhoseSizeIsZero) {
  EXPECT_FALSE(read_text_file("/proc/self/status").value().empty());
}

TEST_F(FileTest, NamesTheMissingFile) {
  EXPECT_EQ(read_text_file(path("none")).error().message(),
            "cannot open " + path("none") + ": no such file or directory");
}

TEST_F(FileTest, MakesDirectoriesOnce) {
  EXPECT_TRUE(make_directories(path("a/b/c"), 0700));
  EXPECT_TRUE(make_directories(path("a/b/c"), 0700));
  EXPECT_TRUE(std::filesystem::is_directory(path("a/b/c")));
}

TEST(DirectoryOf, SplitsAtTheLastSlash) {
  EXPECT_EQ(directory_of("/a/b"), "/a");
  EXPECT_EQ(directory_of("/a"), "/");
  EXPECT_EQ(directory_of("a"), ".");
}

TEST_F(FileTest, ReadingPastTheEndIsAnError) {
  ASSERT_TRUE(replace_file(path("a"), bytes_of(std::string_view("12345678")), 0600));
  const UniqueFd fd = open_file(path("a"), O_RDONLY).value();
  ByteVector out(8);
  EXPECT_TRUE(pread_exact(fd.get(), out, 0));
  EXPECT_EQ(pread_exact(fd.get(), out, 4).error().message(), "offset 0x4: file ends after 4 of 8 bytes");
}

}  // namespace
}  // namespace kdump
