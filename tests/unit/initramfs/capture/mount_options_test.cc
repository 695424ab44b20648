// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/mount_options.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

namespace kdump::capture {
namespace {

TEST(MountOptions, GeneralWordsBecomeFlags) {
  const MountArguments arguments = mount_arguments("rw,relatime,data=ordered,noatime,errors=remount-ro");
  EXPECT_EQ(arguments.flags, static_cast<unsigned long>(MS_RELATIME | MS_NOATIME));
  EXPECT_EQ(arguments.data, "data=ordered,errors=remount-ro");
}

TEST(MountOptions, ReadOnlyAndWordsForTheMountProgramAreLeftOut) {
  const MountArguments arguments =
      mount_arguments("ro,defaults,nofail,x-systemd.automount,_netdev,,subvol=@");
  EXPECT_EQ(arguments.flags, 0UL);
  EXPECT_EQ(arguments.data, "subvol=@");
}

TEST(MountOptions, NothingIsFine) { EXPECT_EQ(mount_arguments("").data, ""); }

}  // namespace
}  // namespace kdump::capture
