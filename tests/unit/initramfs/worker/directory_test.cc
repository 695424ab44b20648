// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/directory.h"

#include <sys/stat.h>

#include "tests/unit/initramfs/worker/folder.h"

namespace kdump::worker {
namespace {

using DirectoryTest = FolderTest;

constexpr time_t kNewYear = 1735689599;  // 2024-12-31 23:59:59 UTC

TEST(DirectoryName, IsInTheTimeOfTheDeadSystem) {
  EXPECT_EQ(directory_name("127.0.0.1", kNewYear, 0), "127.0.0.1-2024-12-31-23:59:59");
  EXPECT_EQ(directory_name("127.0.0.1", kNewYear, 3600), "127.0.0.1-2025-01-01-00:59:59");
  EXPECT_EQ(directory_name("127.0.0.1", kNewYear, -12 * 3600), "127.0.0.1-2024-12-31-11:59:59");
  EXPECT_EQ(directory_name("127.0.0.1", kNewYear, 20700), "127.0.0.1-2025-01-01-05:44:59");  // Nepal
  EXPECT_EQ(directory_name("127.0.0.1", 0, 0), "127.0.0.1-1970-01-01-00:00:00");
}

TEST(DirectoryName, SaysWhichMachineItWas) {
  EXPECT_EQ(directory_name("192.0.2.7", 0, 0), "192.0.2.7-1970-01-01-00:00:00");
  EXPECT_EQ(directory_name("fe80::1%eth0", 0, 0), "fe80::1-1970-01-01-00:00:00");
}

TEST_F(DirectoryTest, IsForRootAlone) {
  const auto path = make_dump_directory(folder, "d");
  ASSERT_TRUE(path) << path.error().message();
  EXPECT_EQ(*path, folder / "d");
  EXPECT_EQ(mode_of(*path), 0700U);
}

TEST_F(DirectoryTest, ATakenNameGetsANumber) {
  EXPECT_EQ(make_dump_directory(folder, "d").value_or(""), folder / "d");
  EXPECT_EQ(make_dump_directory(folder, "d").value_or(""), folder / "d-2");
  EXPECT_EQ(make_dump_directory(folder, "d").value_or(""), folder / "d-3");
}

TEST_F(DirectoryTest, AFileOfThatNameIsACollisionToo) {
  write("d", "");
  EXPECT_EQ(make_dump_directory(folder, "d").value_or(""), folder / "d-2");
}

TEST_F(DirectoryTest, TheMissingParentIsNamed) {
  const auto path = make_dump_directory(folder / "crash", "d");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message().find((folder / "crash").string()), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "crash"));
}

TEST_F(DirectoryTest, AParentThatIsAFileIsSaid) {
  write("crash", "");
  const auto path = make_dump_directory(folder / "crash", "d");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message().find("not a directory"), std::string::npos);
}

TEST_F(DirectoryTest, TheReserveHasNoName) {
  const UniqueFd reserve = reserve_space(folder);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  if (reserve) {
    struct stat status{};
    ASSERT_EQ(fstat(reserve.get(), &status), 0);
    EXPECT_GE(status.st_blocks * 512, 1 << 20);
  }
}

TEST_F(DirectoryTest, WithoutSpaceForAReserveTheDumpGoesOn) {
  EXPECT_FALSE(reserve_space(folder / "nowhere"));
}

}  // namespace
}  // namespace kdump::worker
