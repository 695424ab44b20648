// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "common/process.h"
#include "tests/unit/initramfs/build/made_tree.h"
#include "tests/unit/initramfs/build/unpacked.h"

namespace kdump::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = ArchiveEntry::Kind;

ArchiveEntry file(const std::string& path, const std::string& content = "x") {
  return {Kind::file, path, 0644, content, 0, 0};
}

Unpacked packed_and_unpacked(std::vector<ArchiveEntry> entries) {
  const Result<std::string> packed = pack_initramfs(std::move(entries));
  EXPECT_TRUE(packed) << packed.error().message();
  return packed ? unpack(*packed) : Unpacked{};
}

TEST(Archive, IsWhatTheKernelUnpacks) {
  const Unpacked read = packed_and_unpacked({file("/b/c", "content"),
                                             {Kind::character_device, "/dev/null", 0666, {}, 1, 3},
                                             {Kind::directory, "/tmp", 01777, {}, 0, 0}});
  EXPECT_EQ(read.format, "zstd, ASCII cpio (SVR4 with no CRC)");
  EXPECT_THAT(read.order, ElementsAre("b", "b/c", "dev", "dev/null", "tmp"));
  EXPECT_EQ(read.entries.at("b").listing, "drwxr-xr-x 0:0 0");
  EXPECT_EQ(read.entries.at("b/c").listing, "-rw-r--r-- 0:0 0");
  EXPECT_EQ(read.entries.at("b/c").content, "content");
  EXPECT_EQ(read.entries.at("dev/null").listing, "crw-rw-rw- 0:0 0 1:3");
  EXPECT_EQ(read.entries.at("tmp").listing, "drwxrwxrwt 0:0 0");
}

TEST(Archive, PutsEveryDirectoryBeforeWhatIsInIt) {
  const Unpacked read =
      packed_and_unpacked({file("/lib64/l"), file("/lib/a/b/c"), file("/lib-x"), file("/lib/a.b")});
  EXPECT_THAT(read.order,
              ElementsAre("lib", "lib-x", "lib/a", "lib/a.b", "lib/a/b", "lib/a/b/c", "lib64", "lib64/l"));
}

TEST(Archive, DoesNotDependOnTheOrderOfEntries) {
  const auto one = pack_initramfs({file("/a", "1"), file("/b", "2")});
  const auto two = pack_initramfs({file("/b", "2"), file("/a", "1")});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(*one, *two);
  EXPECT_NE(*one, *pack_initramfs({file("/a", "1"), file("/b", "3")}));
}

TEST(Archive, RefusesTwoEntriesOfOnePath) {
  const auto packed = pack_initramfs({file("/a", "1"), file("/a", "2")});
  ASSERT_FALSE(packed);
  EXPECT_EQ(packed.error().message(), "/a would be in the image twice");
}

TEST(Archive, UsesAWindowThatTheKernelAllocatesEasily) {
  std::string content(size_t{16} << 20, 'a');
  for (size_t i = 0; i < content.size(); i += 3) content[i] = static_cast<char>(i * i >> 7);
  const auto packed = pack_initramfs({file("/large", content)});
  ASSERT_TRUE(packed);
  // RFC 8878 3.1.1.1.2: the window descriptor follows magic number and frame header descriptor.
  ASSERT_EQ(packed->substr(0, 4), "\x28\xb5\x2f\xfd");
  const auto descriptor = static_cast<unsigned char>((*packed)[5]);
  EXPECT_LE(10 + (descriptor >> 3), 23);  // at most 8 MiB
  EXPECT_EQ(unpack(*packed).entries.at("large").content, content);
}

class Decompress : public testing::TestWithParam<const char*> {};

TEST_P(Decompress, GivesTheContentBack) {
  const MadeTree tree;
  const std::string content(100000, 'k');
  tree.file("/m.ko", content);
  const auto ran =
      run_captured({"/bin/sh", "-c",
                    std::string(GetParam()) + " -c " + tree.outside("/m.ko") + " > " + tree.outside("/m")},
                   std::chrono::seconds(60));
  ASSERT_TRUE(ran && ran->exit.succeeded());
  const auto back = decompress(read_text_file(tree.outside("/m")).value(), "m");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_TRUE(*back == content);
}
INSTANTIATE_TEST_SUITE_P(Programs, Decompress, testing::Values("xz", "zstd", "gzip"));

TEST(DecompressErrors, NameTheFile) {
  const MadeTree tree;
  tree.file("/m", std::string(100000, 'k'));
  const auto ran = run_captured({"/bin/sh", "-c", "xz " + tree.outside("/m")}, std::chrono::seconds(60));
  ASSERT_TRUE(ran && ran->exit.succeeded());
  const std::string whole = read_text_file(tree.outside("/m.xz")).value();
  const auto cut = decompress(whole.substr(0, whole.size() / 2), "/lib/m.ko.xz");
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message(), HasSubstr("cannot decompress /lib/m.ko.xz: libarchive: "));
}

}  // namespace
}  // namespace kdump::image
