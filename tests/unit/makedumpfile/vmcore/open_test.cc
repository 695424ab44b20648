// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>

#include "common/fd.h"
#include "makedumpfile/vmcore/vmcore.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

class OpenVmcore : public ::testing::Test {
 protected:
  OpenVmcore() {
    const UniqueFd fd(mkstemp(path_.data()));
    EXPECT_TRUE(fd.valid());
  }
  ~OpenVmcore() override { unlink(path_.c_str()); }

  Result<std::unique_ptr<Vmcore>> open(Bytes content) {
    const UniqueFd fd = *open_file(path_, O_WRONLY | O_TRUNC);
    EXPECT_TRUE(write_all(fd.get(), content));
    return open_vmcore(path_);
  }
  std::string complaint(std::string_view content) {
    const auto core = open(bytes_of(content));
    return core ? "no error" : core.error().message();
  }

  std::string path_ = ::testing::TempDir() + "vmcore.XXXXXX";
};

TEST_F(OpenVmcore, OpensAnElfCore) {
  test::ElfCoreBuilder<> builder;
  builder.add(elf::PT_LOAD, 0x1000, 0x10000, 0x1000);
  builder.put(0x1000, ByteVector(0x1000, std::byte('a')));
  const auto core = open(builder.build());
  ASSERT_TRUE(core) << core.error().message();
  EXPECT_EQ((*core)->name(), path_);
  char byte = 0;
  ASSERT_TRUE((*core)->read(PhysAddr(0x10123), mutable_bytes_of(byte)));
  EXPECT_EQ(byte, 'a');
}

TEST_F(OpenVmcore, NamesFormatsThatItDoesNotRead) {
  EXPECT_THAT(complaint("KDUMP   and more"), HasSubstr("kdump-compressed"));
  EXPECT_THAT(complaint(std::string_view("makedumpfile\0\0\0\0", 16)), HasSubstr("makedumpfile -R"));
  EXPECT_THAT(complaint("plain text, long enough"), HasSubstr("no dump"));
  EXPECT_THAT(complaint(""), HasSubstr("ELF identification"));
}

TEST_F(OpenVmcore, NeedsARegularFile) {
  const auto directory = open_vmcore("/");
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message(), HasSubstr("not a regular file"));
  const auto absent = open_vmcore(path_ + "-absent");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().errno_value(), ENOENT);
}

}  // namespace
}  // namespace kdump
