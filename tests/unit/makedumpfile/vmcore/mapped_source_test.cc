// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/mapped_source.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/parallel.h"

namespace kdump {
namespace {

constexpr uint64_t kSize = 3 * MappedSource::kWindowSize + 12345;

uint64_t value_at(uint64_t index) { return index * 0x9e3779b97f4a7c15; }

// A file whose every 8 bytes tell their place.
FileSource numbered_file() {
  UniqueFd fd(memfd_create("numbers", MFD_CLOEXEC));
  std::vector<uint64_t> numbers(kSize / 8 + 1);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = value_at(i);
  const Bytes bytes = std::as_bytes(std::span(numbers)).first(kSize);
  EXPECT_TRUE(write_all(fd.get(), bytes));
  return {"numbers", std::move(fd), kSize};
}

bool reads_right(const ByteSource& source, uint64_t index, size_t count) {
  std::vector<uint64_t> numbers(count);
  if (!source.read(index * 8, std::as_writable_bytes(std::span(numbers)))) return false;
  for (size_t i = 0; i < count; ++i)
    if (numbers[i] != value_at(index + i)) return false;
  return true;
}

TEST(MappedSource, ReadsAcrossWindows) {
  const MappedSource source(numbered_file());
  EXPECT_TRUE(reads_right(source, 0, 1));
  EXPECT_TRUE(reads_right(source, MappedSource::kWindowSize / 8 - 5, 10));
  EXPECT_TRUE(reads_right(source, 0, kSize / 8));
}

TEST(MappedSource, TheEndOfTheFileIsAnErrorNotASignal) {
  const MappedSource source(numbered_file());
  ByteVector out(16);
  EXPECT_TRUE(source.read(kSize - 16, out));
  const Status read = source.read(kSize - 8, out);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), ::testing::HasSubstr("numbers: offset"));
  EXPECT_FALSE(source.read(kSize * 4, out));
}

TEST(MappedSource, ServesSeveralThreads) {
  const MappedSource source(numbered_file());
  const Status all = parallel_for(64, 4, [&](size_t i) -> Status {
    const uint64_t index = i * (kSize / 8 / 64);
    return reads_right(source, index, 1000) ? Status() : Status(fail("wrong bytes at {}", index));
  });
  EXPECT_TRUE(all) << all.error().message();
}

TEST(MappedSource, ReadsWhereMappingIsRefused) {
  // A pipe's end cannot be mapped or read at an offset; a file opened for writing only can be neither: what
  // remains is a file that mmap refuses but pread takes, as /proc files are.
  UniqueFd fd = *open_file("/proc/self/cmdline", O_RDONLY);
  char expected[4] = {};
  ASSERT_TRUE(pread_exact(fd.get(), std::as_writable_bytes(std::span(expected)), 0));
  const MappedSource source(FileSource("cmdline", std::move(fd), 4096));
  char got[4] = {};
  ASSERT_TRUE(source.read(0, std::as_writable_bytes(std::span(got))));
  EXPECT_EQ(std::string_view(got, 4), std::string_view(expected, 4));
}

}  // namespace
}  // namespace kdump
