// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/raw_place.h"

#include <gmock/gmock.h>

#include "common/file.h"
#include "initramfs/worker/save.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/sink/raw/raw_device.h"
#include "tests/unit/initramfs/worker/folder.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump::worker {
namespace {

using protocol::EventKind;
using protocol::Mode;
using protocol::Request;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class RawPlaceTest : public FolderTest {
 protected:
  RawPlaceTest() {
    write("device", "");
    std::filesystem::resize_file(device(), 8 << 20);
  }

  [[nodiscard]] std::filesystem::path device() const { return folder / "device"; }
  Request request(Mode mode) const {
    plan::Plan plan;
    plan.collector = {"cp"};
    plan.targets.resize(1);
    plan.targets[0].kind = plan::TargetKind::raw;
    plan.targets[0].device.devname = "/dev/vdb1";
    plan.targets[0].directory = "/";
    return {.mode = mode,
            .target = 0,
            .plan = write("plan.json", plan::to_json(plan)),
            .config = write("kdump.conf", "raw /dev/vdb1\n"),
            .vmcore = write("source", "memory"),
            .directory = device(),
            .dump_directory = {},
            .result = "{}\n"};
  }
  [[nodiscard]] RawDevice open() const { return std::move(*RawDevice::open(device())); }
  // As makedumpfile -R has it.
  [[nodiscard]] std::string dump() const {
    const RawDevice raw = open();
    uint64_t position = 0;
    const auto read_on = [&](MutableBytes out) -> Result<size_t> {
      const size_t got = TRY(pread_up_to(raw.fd(), out, position));
      position += got;
      return got;
    };
    test::MemorySink sink;
    const auto size = reassemble(read_on, "device", sink);
    return size ? std::string(text_of(sink.bytes)) : size.error().message();
  }
};

TEST_F(RawPlaceTest, ADumpIsAStreamOnTheDevice) {
  const Status dumped = serve(request(Mode::dump), {}, channel);
  ASSERT_TRUE(dumped) << dumped.error().message();
  EXPECT_EQ(dump(), "memory");
  EXPECT_EQ(saved(), (std::vector<std::string>{"vmcore"}));
  EXPECT_EQ(events()[0].kind, EventKind::directory);
  EXPECT_THAT(events()[0].text, StartsWith("127.0.0.1-"));
}

TEST_F(RawPlaceTest, TheFilesBesideItComeFromAnotherProcess) {
  ASSERT_TRUE(serve(request(Mode::dump), {}, channel));
  Request finish = request(Mode::finish);
  finish.dump_directory = events()[0].text;
  [[maybe_unused]] const Status log_or_not = serve(finish, {}, channel);
  const RawDevice raw = open();
  std::map<std::string, std::string> files;
  const std::vector<RawAttachment> attachments = raw.attachments().value();
  for (const RawAttachment& file : attachments) {
    EXPECT_EQ(file.directory, finish.dump_directory);
    files[file.name] = text_of(raw.read(file, 1 << 20).value());
  }
  EXPECT_EQ(files["kdump-result.json"], "{}\n");
  EXPECT_EQ(files["kdump.conf"], "raw /dev/vdb1\n");
  EXPECT_EQ(dump(), "memory");
}

TEST_F(RawPlaceTest, ADumpThatNobodyHasTakenYetStays) {
  ASSERT_TRUE(serve(request(Mode::dump), {}, channel));
  for (const Mode mode : {Mode::dump, Mode::log, Mode::finish}) {
    const Status second = serve(request(mode), {}, channel);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message(), HasSubstr("holds a dump that was not taken from it yet"));
  }
  EXPECT_EQ(dump(), "memory");
  EXPECT_THAT(open().attachments().value(), SizeIs(0));
}

TEST_F(RawPlaceTest, WhatDoesNotFitIsNoSpace) {
  std::filesystem::resize_file(device(), 1 << 20);
  Request large = request(Mode::dump);
  write("source", std::string(2 << 20, 'x'));
  const Status dumped = serve(large, {}, channel);
  ASSERT_FALSE(dumped);
  EXPECT_EQ(dumped.error().kind(), ErrorKind::no_space);
  EXPECT_EQ(open().dump().value(), RawDump::incomplete);
  // What is left to say finds its place.
  Request finish = request(Mode::finish);
  finish.dump_directory = events()[0].text;
  [[maybe_unused]] const Status log_or_not = serve(finish, {}, channel);
  EXPECT_THAT(open().attachments().value(), testing::Not(SizeIs(0)));
}

}  // namespace
}  // namespace kdump::worker
