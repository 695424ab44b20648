// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/fd_stream.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "common/fd.h"

namespace kdump {
namespace {

Bytes text(std::string_view words) { return bytes_of(words); }

// A file in memory that begins with "before".
UniqueFd make_file() {
  UniqueFd fd(memfd_create("stream", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), text("before ")));
  return fd;
}

std::string content_of(const UniqueFd& fd) {
  std::string content(file_size(fd.get()).value_or(0), '\0');
  EXPECT_TRUE(pread_exact(fd.get(), std::as_writable_bytes(std::span(content)), 0));
  return content;
}

TEST(FdStream, BeginsAgainWhereItBegan) {
  const UniqueFd fd = make_file();
  FdStream stream(fd.get(), "file");
  ASSERT_TRUE(stream.write(text("a long first attempt")));
  ASSERT_TRUE(stream.restart());
  ASSERT_TRUE(stream.write(text("second")));
  ASSERT_TRUE(stream.finish());
  EXPECT_EQ(content_of(fd), "before second");
}

TEST(FdStream, DoesNotBeginAgainWhereThatWouldCostWhatWasThere) {
  const UniqueFd fd = make_file();
  ASSERT_EQ(fcntl(fd.get(), F_SETFL, O_APPEND), 0);
  ASSERT_EQ(lseek(fd.get(), 0, SEEK_SET), 0);
  FdStream stream(fd.get(), "file");
  ASSERT_TRUE(stream.write(text("and after")));
  const Status again = stream.restart();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(content_of(fd), "before and after");
}

TEST(FdStream, APipeIsWrittenOnceAndHasNothingToSync) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  FdStream stream(writer.get(), "pipe");
  ASSERT_TRUE(stream.write(text("x")));
  EXPECT_FALSE(stream.restart());
  EXPECT_TRUE(stream.finish());
}

TEST(FdStream, AFullTargetIsNamed) {
  const UniqueFd fd = open_file("/dev/full", O_WRONLY).value();
  FdStream stream(fd.get(), "standard output");
  const Status written = stream.write(text("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind(), ErrorKind::no_space);
  EXPECT_NE(written.error().message().find("standard output"), std::string::npos);
}

}  // namespace
}  // namespace kdump
