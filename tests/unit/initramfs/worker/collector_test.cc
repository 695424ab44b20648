// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/collector.h"

#include "initramfs/worker/local_place.h"
#include "tests/unit/initramfs/worker/folder.h"

namespace kdump::worker {
namespace {

class CollectorTest : public FolderTest {
 protected:
  Result<Collected> collect(const std::vector<std::string>& collector, const std::string& vmcore) {
    plan::Plan plan;
    plan.collector = collector;
    plan.min_free = 0;
    protocol::Request request;
    request.vmcore = vmcore;
    request.dump_directory = folder;
    const plan::Target target;
    const Errand errand{.request = request, .plan = plan, .target = target, .channel = channel};
    const auto place = open_local_place(errand);
    return place ? worker::collect(errand, **place) : Failure(place.error());
  }
};

TEST(MakedumpfileRequest, EveryCpuGetsAThread) {
  const auto request = makedumpfile_request({"makedumpfile", "-z", "-d", "31"}, "/proc/vmcore", 4);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->num_threads, 4U);
  EXPECT_EQ(request->dump_level, 31);
  EXPECT_EQ(request->codec, CodecId::zstd);
  EXPECT_EQ(request->vmcore, "/proc/vmcore");
  EXPECT_EQ(request->output, "");
}

TEST(MakedumpfileRequest, TheAdminsNumberOfThreadsHolds) {
  const auto request = makedumpfile_request({"makedumpfile", "--num-threads", "1"}, "/v", 8);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->num_threads, 1U);
}

TEST(MakedumpfileRequest, AFlattenedStreamHasNoPlaceOnAFilesystem) {
  const auto request = makedumpfile_request({"makedumpfile", "-F", "-c"}, "/v", 1);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_FALSE(request->flattened);
  EXPECT_EQ(request->codec, CodecId::zlib);
  EXPECT_TRUE(makedumpfile_request({"makedumpfile", "-cF"}, "/v", 1));
}

TEST(MakedumpfileRequest, WhatMakesNoDumpIsRefused) {
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "--dump-dmesg"}, "/v", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "--help"}, "/v", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "-d", "99"}, "/v", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "--no-such-option"}, "/v", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "-x", "/boot/vmlinux"}, "/v", 1));
  EXPECT_FALSE(makedumpfile_request({"makedumpfile", "-i", "/etc/info"}, "/v", 1));
}

TEST_F(CollectorTest, CpCopiesTheWhole) {
  const std::string content(3'000'000, 'x');
  const auto bytes = collect({"cp"}, write("source", content));
  ASSERT_TRUE(bytes) << bytes.error().message();
  EXPECT_EQ(bytes->bytes, content.size());
  EXPECT_EQ(read(folder / "vmcore"), content);
  EXPECT_EQ(mode_of(folder / "vmcore"), 0600U);
  EXPECT_FALSE(std::filesystem::exists(folder / "vmcore-incomplete"));
}

TEST_F(CollectorTest, CpTellsItsProgress) {
  ASSERT_TRUE(collect({"/bin/cp"}, write("source", std::string(2'500'000, 'x'))));
  const auto told = events();
  ASSERT_GE(told.size(), 3U);
  EXPECT_EQ(told[0].number, 2'500'000U);
  EXPECT_EQ(told[1].kind, protocol::EventKind::progress);
}

TEST_F(CollectorTest, AFailedCopyNeverHasTheFinalName) {
  const auto bytes = collect({"cp"}, folder);  // a directory cannot be read
  ASSERT_FALSE(bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "vmcore"));
}

TEST_F(CollectorTest, ScpIsACopyWhereThereIsNoServer) {
  ASSERT_TRUE(collect({"scp"}, write("source", "memory")));
  EXPECT_EQ(read(folder / "vmcore"), "memory");
}

TEST_F(CollectorTest, AnyOtherProgramGetsTheVmcoreAndTheFile) {
  const std::string program = write("collect", "#!/bin/sh\ncat \"$2\" > \"$3\"; echo $1 >> \"$3\"\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto done = collect({program, "option"}, write("source", "memory"));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(read(folder / "vmcore"), "memoryoption\n");
  EXPECT_EQ(done->bytes, 13U);
}

TEST_F(CollectorTest, AProgramThatFailsLeavesNoVmcore) {
  const std::string program = write("collect", "#!/bin/sh\necho x > \"$2\"; exit 3\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto done = collect({program}, write("source", "memory"));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "core_collector " + program + ": exited with status 3");
  EXPECT_FALSE(std::filesystem::exists(folder / "vmcore"));
}

TEST_F(CollectorTest, AProgramThatIsNotThereIsNamed) {
  EXPECT_FALSE(collect({"/nowhere/dd", "bs=1M"}, write("source", "memory")));
  EXPECT_FALSE(collect({}, "/v"));
  EXPECT_FALSE(collect({"cp", "-a"}, "/v"));
}

TEST(Flattened, IsAskedForByOneLetter) {
  EXPECT_TRUE(wants_flattened({"makedumpfile", "-F"}));
  EXPECT_TRUE(wants_flattened({"/usr/sbin/makedumpfile", "-zF", "-d", "31"}));
  EXPECT_FALSE(wants_flattened({"makedumpfile", "-z", "--num-threads", "1"}));
  EXPECT_FALSE(wants_flattened({"cp"}));
}

TEST_F(CollectorTest, AVmcoreThatIsNoneIsAnErrorOfTheEngine) {
  const auto bytes = collect({"makedumpfile", "-d", "31"}, write("source", "not an ELF file"));
  ASSERT_FALSE(bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "vmcore"));
}

}  // namespace
}  // namespace kdump::worker
