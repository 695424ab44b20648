// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/record.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "common/file.h"
#include "tests/unit/kexec/fixture.h"

namespace kdump::kexec {
namespace {

using testing::Machine;

constexpr const char* kPath = "/run/kdump/crash-image.json";

TEST(Record, GivesBackWhatWasLoaded) {
  const Machine machine;
  ASSERT_TRUE(write_record(machine.image("a=\"b c\" \xff"), machine.root()));
  const auto record = read_record(machine.root());
  ASSERT_TRUE(record && record->has_value());
  EXPECT_EQ((*record)->kernel, machine.at("/vmlinuz"));
  EXPECT_EQ((*record)->initrd, machine.at("/initrd"));
  EXPECT_TRUE((*record)->command_line.starts_with("a=\"b c\" "));
}

TEST(Record, IsForRootAlone) {
  const Machine machine;
  ASSERT_TRUE(write_record(machine.image(), machine.root()));
  struct stat attributes{};
  ASSERT_EQ(stat(machine.at(kPath).c_str(), &attributes), 0);
  EXPECT_EQ(attributes.st_mode & 0777, 0600U);
}

TEST(Record, NoneIsNotAnError) {
  const Machine machine;
  EXPECT_EQ(read_record(machine.root()).value(), std::nullopt);
  EXPECT_TRUE(remove_record(machine.root()));
}

TEST(Record, ReplacedFileIsFoundBesideItself) {
  const Machine machine;
  ASSERT_TRUE(write_record(machine.image(), machine.root()));
  std::filesystem::rename(machine.at("/initrd"), machine.at("/initrd.prev"));
  machine.write("/initrd", "the new one");
  EXPECT_EQ(read_record(machine.root()).value()->initrd, machine.at("/initrd.prev"));
}

TEST(Record, AnotherFileBesideItIsNotTaken) {
  const Machine machine;
  machine.write("/initrd.prev", "older still");
  ASSERT_TRUE(write_record(machine.image(), machine.root()));
  EXPECT_EQ(read_record(machine.root()).value()->initrd, machine.at("/initrd"));
  machine.write("/initrd", "rewritten in place");
  EXPECT_EQ(read_record(machine.root()).value()->initrd, machine.at("/initrd"));
}

TEST(Record, ImageWithoutInitrd) {
  const Machine machine;
  ASSERT_TRUE(write_record({machine.at("/vmlinuz"), "", ""}, machine.root()));
  EXPECT_EQ(read_record(machine.root()).value()->initrd, "");
}

class DamagedRecord : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedRecord, IsAnErrorThatNamesTheFile) {
  const Machine machine;
  machine.write(kPath, GetParam());
  const auto record = read_record(machine.root());
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message(), ::testing::HasSubstr(kPath));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, DamagedRecord,
    ::testing::Values("", "{", "[]", "{}", R"({"version":2})", R"({"version":1,"kernel":3})",
                      R"({"version":1,"kernel":{"path":1},"initrd":null,"command_line":""})"));

}  // namespace
}  // namespace kdump::kexec
