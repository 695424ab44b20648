// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/channel.h"

#include "tests/unit/initramfs/worker/folder.h"

namespace kdump::worker {
namespace {

using ChannelTest = FolderTest;

TEST_F(ChannelTest, PathsAreToldAsTheyAreOnTheTarget) {
  channel.failed(fail("cannot copy /proc/vmcore to /kdumproot/var/crash/x: /kdumproot/y: no space").error());
  channel.note("/kdumproot/a");
  ASSERT_EQ(events().size(), 2U);
  EXPECT_EQ(events()[0].text, "cannot copy /proc/vmcore to /var/crash/x: /y: no space");
  EXPECT_EQ(events()[1].text, "/a");
}

TEST_F(ChannelTest, TheDirectoryIsToldAsItIsHere) {
  channel.directory("/kdumproot/var/crash/x");
  EXPECT_EQ(events()[0].text, "/kdumproot/var/crash/x");
}

TEST_F(ChannelTest, TheEnginesProgressGoesOut) {
  DumpObserver& observer = channel;
  observer.step("Copying data", 100);
  observer.progress(50);
  ASSERT_EQ(events().size(), 2U);
  EXPECT_EQ(events()[0].number, 100U);
  EXPECT_EQ(events()[1].kind, protocol::EventKind::progress);
}

TEST(Channel, AClosedParentIsNoReasonToStop) { Channel(-1).done(); }

}  // namespace
}  // namespace kdump::worker
