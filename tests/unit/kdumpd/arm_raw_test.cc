// SPDX-License-Identifier: GPL-2.0-or-later
// What a crash left on a raw device, and the start after it.
#include <gmock/gmock.h>

#include "makedumpfile/format/flattener.h"
#include "makedumpfile/sink/raw/raw_device.h"
#include "tests/unit/kdumpd/arm_fixture.h"

namespace kdump::service {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// A raw device with a dump on it, and kdump.conf that names it.
void leave_raw_dump(const Machine& machine) {
  const std::string device = machine.make_disk("/dev/vdb", 8 << 20);
  machine.add_disk("vdb", 16);
  machine.write("/etc/kdump.conf", "raw /dev/vdb\n");
  auto raw = RawDevice::open(device);
  ASSERT_TRUE(raw && raw->begin("127.0.0.1-2026-11-21-03:00:07"));
  ASSERT_TRUE(raw->put_attachment("vmcore-dmesg.txt", bytes_of(std::string_view("panic"))));
  const auto stream = raw->create_dump();
  ASSERT_TRUE(stream);
  Flattener place(**stream);
  ASSERT_TRUE(place.write_at(0, bytes_of(std::string_view("dump"))) && place.finish());
}

TEST_F(ArmTest, StartTakesARawDumpAfterArming) {
  leave_raw_dump(machine);
  EXPECT_EQ(run("start"), 0) << log.all();
  const std::string directory = machine.at("/var/crash/127.0.0.1-2026-11-21-03:00:07");
  EXPECT_EQ(read_text_file(directory + "/vmcore").value_or(""), "dump");
  ASSERT_THAT(loads, SizeIs(1));
  EXPECT_EQ(log.lines.back(),
            "info: raw /dev/vdb: what the crash left is in /var/crash/127.0.0.1-2026-11-21-03:00:07; the "
            "device is free for the next");
  log.lines.clear();
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(log.all(), testing::Not(HasSubstr("what the crash left")));
}

TEST_F(ArmTest, ARawDumpThatCannotBeTakenIsToldAndTheMachineArmed) {
  leave_raw_dump(machine);
  machine.remove("/var/crash");
  EXPECT_EQ(run("start"), 1);
  EXPECT_THAT(loads, SizeIs(1));
  EXPECT_TRUE(recorded().errors.empty());
  EXPECT_EQ(recorded().armed, ArmedState::wanted);
  EXPECT_THAT(log.lines.back(), HasSubstr("no other dump goes there until kdumpctl start has taken it"));
  EXPECT_EQ(RawDevice::open(machine.at("/dev/vdb"))->dump().value(), RawDump::whole);
  machine.folder("/var/crash");
  EXPECT_EQ(run("start"), 0);
}

TEST_F(ArmTest, ADamagedRawDumpSaysHowToGiveItUp) {
  leave_raw_dump(machine);
  const std::string ones(32, '\x01');
  ASSERT_TRUE(pwrite_all(RawDevice::open(machine.at("/dev/vdb"))->fd(), bytes_of(ones), 4096));
  EXPECT_EQ(run("restart"), 1);
  EXPECT_THAT(log.lines.back(), HasSubstr("given up by dd if=/dev/zero of=/dev/vdb bs=4096 count=1"));
}

}  // namespace
}  // namespace kdump::service
