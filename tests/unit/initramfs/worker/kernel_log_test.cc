// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/kernel_log.h"

#include "tests/unit/initramfs/worker/folder.h"

namespace kdump::worker {
namespace {

TEST(KernelLog, ARecordBecomesALineOfDmesg) {
  EXPECT_EQ(log_line("6,339,5140900,-;NET: Registered protocol family 10\n"),
            "[    5.140900] NET: Registered protocol family 10\n");
  EXPECT_EQ(log_line("15,1,123456000007,-;kdump: save the dump"), "[123456.000007] kdump: save the dump\n");
}

TEST(KernelLog, KeysOfTheDeviceAreLeftOut) {
  EXPECT_EQ(log_line("4,2,7,c;virtio0: up\n SUBSYSTEM=virtio\n DEVICE=+virtio:virtio0\n"),
            "[    0.000007] virtio0: up\n");
}

TEST(KernelLog, EscapedBytesComeBackWhereATextFileCanHoldThem) {
  EXPECT_EQ(log_line(R"(6,1,0,-;a\x5cb\xc3\xa4\x09c\x1bd\x0ae)"), "[    0.000000] a\\bä\tc\\x1bd\\x0ae\n");
  EXPECT_EQ(log_line(R"(6,1,0,-;a\x5)"), "[    0.000000] a\\x5\n");
  EXPECT_EQ(log_line(R"(6,1,0,-;a\xzz)"), "[    0.000000] a\\xzz\n");
}

TEST(KernelLog, WhatIsNoRecordIsLeftOut) {
  for (const char* record : {"", "text", "6,1;x", "6,1,now,-;x", ";"})
    EXPECT_EQ(log_line(record), "") << record;
}

TEST(KernelLog, AMissingLogIsNamed) {
  const auto log = read_kernel_log("/nowhere/kmsg");
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message().find("/nowhere/kmsg"), std::string::npos);
}

}  // namespace
}  // namespace kdump::worker
