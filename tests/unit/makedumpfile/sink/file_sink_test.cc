// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/file_sink.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "common/file.h"

namespace kdump {
namespace {

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/file_sink.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/vmcore";
    growing_ = path_ + "-incomplete";
  }
  void TearDown() override {
    unlink(path_.c_str());
    unlink(growing_.c_str());
    unlink((directory_ + "/link").c_str());
    rmdir(directory_.c_str());
  }
  static void make_file(const std::string& path, std::string_view text) {
    ASSERT_TRUE(replace_file(path, bytes_of(text), 0644));
  }

  std::string directory_;
  std::string path_;
  std::string growing_;
};

TEST_F(FileSinkTest, GivesTheFileItsNameOnlyWhenItIsWhole) {
  auto sink = FileSink::create(path_, false);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write_at(2, bytes_of(std::string_view("cd"))));
  ASSERT_TRUE((*sink)->write_at(0, bytes_of(std::string_view("ab"))));
  EXPECT_FALSE(file_exists(path_));
  EXPECT_TRUE(file_exists(growing_));
  EXPECT_EQ((*sink)->remains(), growing_);
  ASSERT_TRUE((*sink)->finish());
  EXPECT_FALSE(file_exists(growing_));
  EXPECT_EQ(read_text_file(path_).value(), "abcd");
  struct stat status{};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(FileSinkTest, RefusesAnExistingFileAndLeavesIt) {
  make_file(path_, "old");
  const auto sink = FileSink::create(path_, false);
  ASSERT_FALSE(sink);
  EXPECT_NE(sink.error().message().find("File exists"), std::string::npos);
  EXPECT_EQ(sink.error().errno_value(), EEXIST);
  EXPECT_EQ(read_text_file(path_).value(), "old");
}

TEST_F(FileSinkTest, KeepsTheOldFileUntilTheNewOneIsWhole) {
  make_file(path_, "old");
  auto sink = FileSink::create(path_, true);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write_at(0, bytes_of(std::string_view("new"))));
  EXPECT_EQ(read_text_file(path_).value(), "old");
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(read_text_file(path_).value(), "new");
}

TEST_F(FileSinkTest, NeverWritesThroughALinkUnderTheGrowingName) {
  const std::string victim = directory_ + "/link";
  make_file(victim, "precious");
  ASSERT_EQ(symlink(victim.c_str(), growing_.c_str()), 0);
  auto sink = FileSink::create(path_, false);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write_at(0, bytes_of(std::string_view("dump"))));
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(read_text_file(victim).value(), "precious");
}

TEST_F(FileSinkTest, ReplacesTheFileALinkLeadsTo) {
  make_file(path_, "old");
  const std::string link = directory_ + "/link";
  ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
  auto sink = FileSink::create(link, true);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write_at(0, bytes_of(std::string_view("new"))));
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(read_text_file(path_).value(), "new");
  struct stat status{};
  ASSERT_EQ(lstat(link.c_str(), &status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
}

TEST_F(FileSinkTest, WritesADeviceInPlace) {
  EXPECT_FALSE(FileSink::create("/dev/null", false));
  auto sink = FileSink::create("/dev/null", true);
  ASSERT_TRUE(sink);
  EXPECT_TRUE((*sink)->allocate(0, 100));
  EXPECT_TRUE((*sink)->write_at(1 << 20, bytes_of(std::string_view("x"))));
  EXPECT_TRUE((*sink)->finish());
  struct stat status{};
  ASSERT_EQ(stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST_F(FileSinkTest, ReportsAFullTargetAsSuch) {
  auto sink = FileSink::create("/dev/full", true);
  ASSERT_TRUE(sink);
  const Status written = (*sink)->write_at(0, bytes_of(std::string_view("x")));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::no_space);
}

TEST_F(FileSinkTest, SaysWhatIsInTheWay) {
  EXPECT_FALSE(FileSink::create(directory_, true));
  EXPECT_FALSE(FileSink::create(directory_ + "/no/such/place", false));
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(FileSink::create(path_, true));
}

TEST_F(FileSinkTest, AllocatedSpaceReadsAsZeros) {
  auto sink = FileSink::create(path_, false);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->allocate(0, 10000));
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(read_text_file(path_).value(), std::string(10000, '\0'));
}

TEST_F(FileSinkTest, BeginsAgainWithNothing) {
  auto sink = FileSink::create(path_, false);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->allocate(0, 10000));
  ASSERT_TRUE((*sink)->write_at(10000, bytes_of(std::string_view("long"))));
  ASSERT_TRUE((*sink)->restart());
  ASSERT_TRUE((*sink)->write_at(0, bytes_of(std::string_view("short"))));
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(read_text_file(path_).value(), "short");
}

TEST_F(FileSinkTest, DiscardsWhatIsOfNoUse) {
  auto sink = FileSink::create(path_, false);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write_at(0, bytes_of(std::string_view("x"))));
  ASSERT_TRUE((*sink)->discard());
  EXPECT_EQ((*sink)->remains(), "");
  EXPECT_FALSE(file_exists(growing_));
  EXPECT_FALSE(file_exists(path_));
}

TEST_F(FileSinkTest, AFilesystemWithLessFreeThanMinFreeIsFull) {
  auto sink = FileSink::create(path_, false, std::numeric_limits<uint64_t>::max());
  ASSERT_TRUE(sink);
  for (const Status& refused :
       {(*sink)->write_at(0, bytes_of(std::string_view("x"))), (*sink)->allocate(0, 100)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::no_space);
    EXPECT_NE(refused.error().message().find("min_free"), std::string::npos);
  }
  auto modest = FileSink::create(path_, false, 1);
  ASSERT_TRUE(modest);
  EXPECT_TRUE((*modest)->allocate(0, 100));
  EXPECT_TRUE((*modest)->write_at(50, bytes_of(std::string_view("x"))));
}

}  // namespace
}  // namespace kdump
