// SPDX-License-Identifier: GPL-2.0-or-later
// What every directory on a server that can be written anywhere must do, whatever the protocol.
//
// A Side is a real server with a way to it:
//   dumps(), full()   folders on its disk; the second holds 8 MiB in all
//   open(parent)      a new directory "host-date" there, or the error
//   reopen(parent)    that directory again
//   stop_server()     it still takes bytes, and never answers
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/cli/net/lab.h"
#include "tests/cli/net/opened.h"

namespace kdump::test {

constexpr uint64_t kPages = 5000;  // 20 MB
constexpr uint64_t kHalf = kPages / 2 * 4096;

template <typename Side>
class RemoteFile : public testing::Test {
 protected:
  // Fails the test where there is none.
  Opened open(const std::string& parent) {
    Opened opened = side.open(parent);
    EXPECT_TRUE(opened.directory) << opened.error.message();
    return opened;
  }
  static std::unique_ptr<RandomAccess> create(Opened& to) {
    auto file = to.directory->create("vmcore");
    EXPECT_TRUE(file) << file.error().message();
    return std::move(*file);
  }
  // A dump with something happening at half of it; the error.
  template <typename Action>
  Error dump_with(Action at_half) {
    Opened to = open(side.dumps());
    const auto file = create(to);
    Trap trap(*file, kHalf, at_half);
    const Status status = write_dump(trap, kPages);
    EXPECT_FALSE(status) << "the dump went through";
    EXPECT_FALSE(exists(side.dumps() + "/host-date/vmcore"));
    return status ? Error(ErrorKind::failure, 0, "none") : status.error();
  }

  const Side side;
};

TYPED_TEST_SUITE_P(RemoteFile);

TYPED_TEST_P(RemoteFile, ADumpArrivesAsItIs) {
  Opened to = this->open(this->side.dumps());
  const std::string there = this->side.dumps() + "/host-date";
  EXPECT_EQ(mode_of(there), 0700U);
  const auto file = this->create(to);
  EXPECT_TRUE(exists(there + "/vmcore-incomplete"));
  const Status status = write_dump(*file, kPages);
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(read_text(there + "/vmcore") == text_of(dump_bytes(kPages)));
  EXPECT_EQ(mode_of(there + "/vmcore"), 0600U);
  EXPECT_FALSE(exists(there + "/vmcore-incomplete"));
}

TYPED_TEST_P(RemoteFile, WritesAnywhereInAnyOrder) {
  Opened to = this->open(this->side.dumps());
  const auto file = this->create(to);
  ByteVector expected(4 << 20);
  // Overlapping pieces of all sizes, the later one wins.
  for (uint32_t i = 0; i < 400; ++i) {
    const ByteVector piece = noise(4 * (1 + i * 977 % 60000), i);
    const size_t offset = (i * size_t{7919} * 1013) % (expected.size() - piece.size());
    std::ranges::copy(piece, expected.begin() + static_cast<ptrdiff_t>(offset));
    ASSERT_TRUE(file->write_at(offset, piece));
  }
  ASSERT_TRUE(file->write_at(expected.size() - 1, bytes_of(std::string_view("!"))));
  expected.back() = std::byte{'!'};
  ASSERT_TRUE(file->finish());
  EXPECT_TRUE(read_text(this->side.dumps() + "/host-date/vmcore") == text_of(expected));
}

TYPED_TEST_P(RemoteFile, ATakenNameGetsANumber) {
  const Opened first = this->open(this->side.dumps());
  const Opened second = this->open(this->side.dumps());
  EXPECT_THAT(second.directory->path(), testing::EndsWith("/host-date-2"));
  EXPECT_TRUE(exists(this->side.dumps() + "/host-date-2"));
}

TYPED_TEST_P(RemoteFile, TheDirectoryOfADumpIsFoundAgain) {
  EXPECT_EQ(this->side.reopen(this->side.dumps()).error.errno_value(), ENOENT);
  static_cast<void>(this->open(this->side.dumps()));
  const Opened again = this->side.reopen(this->side.dumps());
  ASSERT_TRUE(again.directory) << again.error.message();
  EXPECT_TRUE(put_file(*again.directory, "log", bytes_of(std::string_view("later"))));
  EXPECT_EQ(read_text(this->side.dumps() + "/host-date/log"), "later");
}

TYPED_TEST_P(RemoteFile, ALeftoverOfAnEarlierAttemptIsReplaced) {
  const Opened to = this->open(this->side.dumps());
  const std::string log = this->side.dumps() + "/host-date/log";
  write_text(log + "-incomplete", "something longer that must go");
  ASSERT_TRUE(put_file(*to.directory, "log", bytes_of(std::string_view("short"))));
  EXPECT_EQ(read_text(log), "short");
}

TYPED_TEST_P(RemoteFile, ProvesThatADumpCanBeSaved) {
  const Opened to = this->open(this->side.dumps());
  const Status status = prove(*to.directory);
  EXPECT_TRUE(status) << status.error().message();
  const auto free = to.directory->free_bytes();
  ASSERT_TRUE(free && *free);
  EXPECT_GT(**free, 0U);
  EXPECT_TRUE(to.directory->remove_itself());
  EXPECT_FALSE(exists(this->side.dumps() + "/host-date"));
}

TYPED_TEST_P(RemoteFile, AFullDiskIsNoSpace) {
  Opened to = this->open(this->side.full());
  const auto file = this->create(to);
  const Status status = write_dump(*file, kPages);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space) << status.error().message();
  EXPECT_THAT(file->remains(), testing::EndsWith("/host-date/vmcore-incomplete"));
}

TYPED_TEST_P(RemoteFile, AFullDiskTakesASmallerDumpInPlaceOfTheOneThatDidNotFit) {
  Opened to = this->open(this->side.full());
  const auto file = this->create(to);
  ASSERT_FALSE(write_dump(*file, kPages));
  const Status again = file->restart();
  ASSERT_TRUE(again) << again.error().message();
  const Status status = write_dump(*file, 1500);
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(read_text(this->side.full() + "/host-date/vmcore") == text_of(dump_bytes(1500)));
}

TYPED_TEST_P(RemoteFile, WhatIsDiscardedIsGone) {
  Opened to = this->open(this->side.full());
  const auto file = this->create(to);
  ASSERT_TRUE(file->allocate(0, 10000));
  EXPECT_TRUE(exists(this->side.full() + "/host-date/vmcore-incomplete"));
  const Status status = file->discard();
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(file->remains(), "");
  EXPECT_FALSE(exists(this->side.full() + "/host-date/vmcore-incomplete"));
}

TYPED_TEST_P(RemoteFile, SpaceIsTakenBeforehand) {
  Opened to = this->open(this->side.full());
  const auto file = this->create(to);
  EXPECT_TRUE(file->allocate(4096, 1 << 20));
  const Status status = file->allocate(4096, 16 << 20);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space) << status.error().message();
}

TYPED_TEST_P(RemoteFile, AServerStoppedAtHalfEndsByTheDeadline) {
  const Error error = this->dump_with([this] { this->side.stop_server(); });
  EXPECT_EQ(error.kind(), ErrorKind::timed_out) << error.message();
}

TYPED_TEST_P(RemoteFile, ALinkCutAtHalfEndsByTheDeadline) {
  const Error error = this->dump_with([] { set_link(false); });
  set_link(true);
  EXPECT_EQ(error.kind(), ErrorKind::timed_out) << error.message();
}

REGISTER_TYPED_TEST_SUITE_P(RemoteFile, ADumpArrivesAsItIs, WritesAnywhereInAnyOrder, ATakenNameGetsANumber,
                            TheDirectoryOfADumpIsFoundAgain, ALeftoverOfAnEarlierAttemptIsReplaced,
                            ProvesThatADumpCanBeSaved, AFullDiskIsNoSpace,
                            AFullDiskTakesASmallerDumpInPlaceOfTheOneThatDidNotFit, WhatIsDiscardedIsGone,
                            SpaceIsTakenBeforehand, AServerStoppedAtHalfEndsByTheDeadline,
                            ALinkCutAtHalfEndsByTheDeadline);

}  // namespace kdump::test
