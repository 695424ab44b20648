// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "common/file.h"
#include "common/process.h"
#include "makedumpfile/dump.h"
#include "makedumpfile/sink/fd_stream.h"
#include "makedumpfile/sink/file_sink.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kMiB = uint64_t{1} << 20;

ByteVector noise(size_t size) {
  std::mt19937_64 random(1);
  ByteVector bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

void run(const std::vector<std::string>& argv) {
  const auto done = run_captured(argv, std::chrono::seconds(60));
  ASSERT_TRUE(done) << done.error().message();
  ASSERT_TRUE(done->exit.succeeded()) << argv[0] << ": " << done->output;
}

// A folder with filesystems of its own.
class Disk : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/kdump-disk-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    for (const char* name : {"/ext4", "/tmpfs"}) umount2((folder_ + name).c_str(), MNT_DETACH);
    std::filesystem::remove_all(folder_);
  }

  std::string mount_tmpfs(uint64_t size) {
    const std::string place = folder_ + "/tmpfs";
    std::filesystem::create_directory(place);
    const std::string options = fmt::format("size={}", size);
    EXPECT_EQ(mount("none", place.c_str(), "tmpfs", 0, options.c_str()), 0);
    return place;
  }

  // A filesystem of `size` bytes in a sparse image on `host`.
  std::string mount_ext4(const std::string& host, uint64_t size) {
    const std::string image = host + "/image";
    const std::string place = folder_ + "/ext4";
    std::filesystem::create_directory(place);
    const UniqueFd fd = open_file(image, O_RDWR | O_CREAT, 0600).value();
    EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(size)), 0);
    run({"/usr/sbin/mkfs.ext4", "-q", image});
    run({"/usr/bin/mount", "-o", "loop", image, place});
    return place;
  }

  static uint64_t free_bytes(const std::string& place) {
    struct statvfs status{};
    EXPECT_EQ(statvfs(place.c_str(), &status), 0);
    return uint64_t{status.f_bavail} * status.f_frsize;
  }

  std::string folder_;
};

// Writes until the sink is full; what it said then.
Error fill(RandomAccess& sink) {
  const ByteVector chunk = noise(kMiB / 4 + 1000);
  for (uint64_t offset = 0;; offset += chunk.size()) {
    Status written = sink.write_at(offset, chunk);
    if (!written) return written.error();
  }
}

TEST_F(Disk, MinFreeStaysFreeAndIsThereForOthers) {
  for (const std::string& place : {mount_tmpfs(64 * kMiB), mount_ext4(folder_, 64 * kMiB)}) {
    constexpr uint64_t kMinFree = 16 * kMiB;
    auto sink = FileSink::create(place + "/vmcore", false, kMinFree);
    ASSERT_TRUE(sink) << sink.error().message();
    ASSERT_TRUE((*sink)->allocate(0, 3 * kMiB));
    const Error full = fill(**sink);
    EXPECT_EQ(full.kind(), ErrorKind::no_space);
    EXPECT_THAT(full.message(), HasSubstr("min_free"));
    ASSERT_TRUE((*sink)->finish());
    EXPECT_GE(free_bytes(place), kMinFree) << place;
    EXPECT_LT(free_bytes(place), kMinFree + kMiB) << place;

    auto log = FileSink::create(place + "/log", false);
    ASSERT_TRUE(log);
    EXPECT_TRUE((*log)->write_at(0, noise(kMiB)));
    EXPECT_TRUE((*log)->finish());
  }
}

TEST_F(Disk, AnEarlierAttemptsSpaceIsThereAgainAfterARestart) {
  const std::string place = mount_ext4(folder_, 64 * kMiB);
  auto sink = FileSink::create(place + "/vmcore", false);
  ASSERT_TRUE(sink);
  EXPECT_EQ(fill(**sink).kind(), ErrorKind::no_space);
  const uint64_t left = free_bytes(place);
  ASSERT_TRUE((*sink)->restart());
  EXPECT_GT(free_bytes(place), left + 40 * kMiB);
  for (uint64_t offset = 0; offset < 40 * kMiB; offset += kMiB)
    ASSERT_TRUE((*sink)->write_at(offset, noise(kMiB)));
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(std::filesystem::file_size(place + "/vmcore"), 40 * kMiB);
}

// Crash after crash: each dump is whole, or smaller, or an incomplete one, or none; the reserve stays.
TEST_F(Disk, ACrashLoopEndsAtMinFree) {
  constexpr uint64_t kPage = 4096;
  constexpr uint64_t kPages = 1700;
  constexpr uint64_t kMinFree = 8 * kMiB;
  test::ElfCoreBuilder<> core;
  core.add(elf::PT_LOAD, kPage, 0, kPages * kPage);
  core.put(kPage, noise(kPages * kPage));
  ASSERT_TRUE(replace_file(folder_ + "/core", core.build(), 0600));
  const std::string place = mount_tmpfs(32 * kMiB);

  DumpObserver observer;
  int whole = 0;
  int refused = 0;
  for (int crash = 0; crash < 12; ++crash) {
    DumpRequest request;
    request.vmcore = folder_ + "/core";
    request.output = fmt::format("{}/{}", place, crash);
    request.min_free = kMinFree;
    DumpReport report;
    const Status written = write_dump(request, report, observer);
    EXPECT_GE(free_bytes(place), kMinFree) << crash;
    if (written) ++whole;
    if (written) continue;
    EXPECT_EQ(written.error().kind(), ErrorKind::no_space) << written.error().message();
    if (report.remains.empty()) ++refused;
  }
  EXPECT_EQ(whole, 3);
  EXPECT_EQ(refused, 8);  // the one between them is incomplete
  auto log = FileSink::create(place + "/log", false);
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->write_at(0, noise(kMiB)) && (*log)->finish());
}

// A disk that cannot write what the filesystem on it believes to have room for: its host is full. Writes go
// into the cache and succeed; only fsync tells.
class FailingDisk : public Disk {
 protected:
  void SetUp() override {
    Disk::SetUp();
    place_ = mount_ext4(mount_tmpfs(24 * kMiB), 64 * kMiB);
  }
  // Who sees the errors first.
  void sync_by_somebody_else() const {
    const UniqueFd fd = open_file(place_, O_RDONLY | O_DIRECTORY).value();
    syncfs(fd.get());
  }

  std::string place_;
};

TEST_F(FailingDisk, AFileThatIsNotOnItHasNoName) {
  auto sink = FileSink::create(place_ + "/vmcore", false);
  ASSERT_TRUE(sink) << sink.error().message();
  Status status;
  for (uint64_t offset = 0; status && offset < 40 * kMiB; offset += kMiB)
    status = (*sink)->write_at(offset, noise(kMiB));
  if (status) status = (*sink)->finish();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("vmcore-incomplete"));
  EXPECT_FALSE(file_exists(place_ + "/vmcore"));
}

TEST_F(FailingDisk, AnErrorWhileTheKernelWroteBackIsTheSyncs) {
  auto sink = FileSink::create(place_ + "/vmcore", false);
  ASSERT_TRUE(sink);
  Status status;
  for (uint64_t offset = 0; status && offset < 40 * kMiB; offset += kMiB)
    status = (*sink)->write_at(offset, noise(kMiB));
  sync_by_somebody_else();
  if (status) status = (*sink)->sync();
  EXPECT_FALSE(status);
}

TEST_F(FailingDisk, AStreamIntoAFileIsSyncedToo) {
  const UniqueFd fd = open_file(place_ + "/stream", O_WRONLY | O_CREAT, 0600).value();
  FdStream stream(fd.get(), "stream");
  Status status;
  for (int i = 0; status && i < 40; ++i) status = stream.write(noise(kMiB));
  sync_by_somebody_else();
  if (status) status = stream.finish();
  EXPECT_FALSE(status);
}

}  // namespace
}  // namespace kdump
