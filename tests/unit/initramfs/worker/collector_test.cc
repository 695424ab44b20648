// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/collector.h"

#include "tests/unit/initramfs/worker/folder.h"

namespace kdump::worker {
namespace {

using CollectorTest = FolderTest;

TEST(MakedumpfileRequest, EveryCpuGetsAThread) {
  const auto request =
      makedumpfile_request({"makedumpfile", "-z", "-d", "31"}, "/proc/vmcore", "/x/vmcore", 4);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->num_threads, 4U);
  EXPECT_EQ(request->dump_level, 31);
  EXPECT_EQ(request->codec, CodecId::zstd);
  EXPECT_EQ(request->vmcore, "/proc/vmcore");
  EXPECT_EQ(request->output, "/x/vmcore");
}

TEST(MakedumpfileRequest, TheAdminsNumberOfThreadsHolds) {
  const auto request = makedumpfile_request({"makedumpfile", "--num-threads", "1"}, "/v", "/o", 8);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->num_threads, 1U);
}

TEST(MakedumpfileRequest, AFlattenedStreamHasNoPlaceOnAFilesystem) {
  const auto request = makedumpfile_request({"makedumpfile", "-F", "-c"}, "/v", "/o", 1);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_FALSE(request->flattened);
  EXPECT_EQ(request->codec, CodecId::zlib);
}

TEST(MakedumpfileRequest, WhatMakesNoDumpIsRefused) {
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "--dump-dmesg"}, "/v", "/o", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "--help"}, "/v", "/o", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "-d", "99"}, "/v", "/o", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "--no-such-option"}, "/v", "/o", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "-x", "/boot/vmlinux"}, "/v", "/o", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "-i", "/etc/info"}, "/v", "/o", 1));
}

TEST_F(CollectorTest, CpCopiesTheWhole) {
  const std::string content(3'000'000, 'x');
  const auto bytes = collect({"cp"}, write("source", content), folder / "vmcore", channel);
  ASSERT_TRUE(bytes) << bytes.error().message();
  EXPECT_EQ(*bytes, content.size());
  EXPECT_EQ(read(folder / "vmcore"), content);
  EXPECT_EQ(mode_of(folder / "vmcore"), 0600U);
  EXPECT_FALSE(std::filesystem::exists(folder / "vmcore-incomplete"));
}

TEST_F(CollectorTest, CpTellsItsProgress) {
  ASSERT_TRUE(collect({"/bin/cp"}, write("source", std::string(2'500'000, 'x')), folder / "vmcore", channel));
  const auto told = events();
  ASSERT_GE(told.size(), 3U);
  EXPECT_EQ(told[0].number, 2'500'000U);
  EXPECT_EQ(told[1].kind, protocol::EventKind::progress);
}

TEST_F(CollectorTest, AFailedCopyNeverHasTheFinalName) {
  const auto bytes = collect({"cp"}, folder, folder / "vmcore", channel);  // a directory cannot be read
  ASSERT_FALSE(bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "vmcore"));
}

TEST_F(CollectorTest, WhatIsNotBuiltSaysSo) {
  const auto bytes = collect({"/usr/bin/dd", "bs=1M"}, "/v", folder / "vmcore", channel);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().message(), "core_collector 'dd' is not built yet: use makedumpfile or cp");
  EXPECT_FALSE(collect({}, "/v", "/o", channel));
  EXPECT_FALSE(collect({"cp", "-a"}, "/v", "/o", channel));
}

TEST_F(CollectorTest, AVmcoreThatIsNoneIsAnErrorOfTheEngine) {
  const auto bytes =
      collect({"makedumpfile", "-d", "31"}, write("source", "not an ELF file"), folder / "vmcore", channel);
  ASSERT_FALSE(bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "vmcore"));
}

}  // namespace
}  // namespace kdump::worker
