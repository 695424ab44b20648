// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target.h"

#include <gmock/gmock.h>

#include "conf/kdump_conf.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::HasSubstr;

class TargetTest : public testing::Test {
 protected:
  void SetUp() override { machine.make_root_disk(); }

  Result<ResolvedTarget> resolve(const std::string& configuration) const {
    return resolve_target(machine.host(), conf::parse_config(configuration).config);
  }
  std::string error_of(const std::string& configuration) const {
    const auto resolved = resolve(configuration);
    return resolved ? "resolved" : resolved.error().message();
  }
  void mounts(const std::string& lines) const { machine.write("/proc/self/mountinfo", lines); }

  Machine machine;
};

TEST_F(TargetTest, ThePathOnTheRootFilesystem) {
  const ResolvedTarget resolved = resolve("").value();
  EXPECT_EQ(resolved.target.device.uuid, kRootUuid);
  EXPECT_EQ(resolved.target.device.label, "root");
  EXPECT_EQ(resolved.target.device.devname, "/dev/vda");
  EXPECT_EQ(resolved.target.fstype, "ext4");
  EXPECT_EQ(resolved.target.directory, "/var/crash");
  EXPECT_EQ(resolved.target.mount_options, "");
  EXPECT_EQ(resolved.described, "/var/crash on /dev/vda (ext4)");
}

TEST_F(TargetTest, ThePathOnAnotherFilesystemLosesTheMountPoint) {
  machine.make_ext4("/dev/vdb", kDumpsUuid, "dumps");
  machine.add_disk("vdb", 16);
  machine.folder("/var/crash/here");
  mounts("25 1 254:0 / / rw - ext4 /dev/root rw\n26 25 254:16 / /var rw - ext4 /dev/vdb rw,data=journal\n");
  const ResolvedTarget resolved = resolve("path /var/crash/here").value();
  EXPECT_EQ(resolved.target.device.uuid, kDumpsUuid);
  EXPECT_EQ(resolved.target.directory, "/crash/here");
  EXPECT_EQ(resolved.target.mount_options, "data=journal");
}

TEST_F(TargetTest, BindMountsAndSymbolicLinksAreUnwound) {
  machine.folder("/srv/dumps");
  machine.link("/crash", "srv");
  mounts("25 1 254:0 / / rw - ext4 /dev/root rw\n26 25 254:0 /data/big /srv rw - ext4 /dev/root rw\n");
  EXPECT_EQ(resolve("path /crash/dumps").value().target.directory, "/data/big/dumps");
}

TEST_F(TargetTest, AMountPointIsNotAPrefixOfANeighbour) {
  machine.folder("/variable");
  mounts("25 1 254:0 / / rw - ext4 /dev/root rw\n26 25 0:30 / /var rw - tmpfs tmpfs rw\n");
  EXPECT_EQ(resolve("path /variable").value().target.directory, "/variable");
}

TEST_F(TargetTest, OfMountsOnOnePointTheLastCounts) {
  mounts(
      "25 1 254:0 / / rw - ext4 /dev/root rw\n26 25 254:0 / /var rw - ext4 x rw\n27 26 0:9 / /var rw - xfs y "
      "rw\n");
  EXPECT_THAT(error_of(""), HasSubstr("is xfs, which is not built yet"));
}

TEST_F(TargetTest, AMissingDirectoryIsNamedWithTheRemedy) {
  EXPECT_EQ(error_of("path /var/dumps"),
            "path /var/dumps: dump directory /var/dumps does not exist; mkdir -p /var/dumps");
}

TEST_F(TargetTest, AFileIsNoDirectory) {
  machine.write("/var/file", "");
  EXPECT_THAT(error_of("path /var/file"), HasSubstr("is not a directory"));
}

TEST_F(TargetTest, AFilesystemThatIsNotBuiltIsNamed) {
  mounts("25 1 0:22 / / rw - overlay overlay rw\n");
  EXPECT_EQ(
      error_of(""),
      "path /var/crash: the filesystem that holds /var/crash is overlay, which is not built yet; dump to an "
      "ext4 filesystem (\"ext4 /dev/…\" in /etc/kdump.conf)");
}

TEST_F(TargetTest, ALogicalVolumeIsRefusedByName) {
  machine.write("/sys/dev/block/253:0/uevent", "DEVNAME=dm-0\n");
  mounts("25 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw\n");
  EXPECT_THAT(
      error_of(""),
      HasSubstr("/dev/dm-0 is a device mapper volume (LVM, LUKS, multipath), which is not built yet"));
}

TEST_F(TargetTest, ADeviceMadeOfOthersIsRefused) {
  machine.write("/sys/class/block/vda/slaves/vdx", "");
  EXPECT_THAT(error_of(""), HasSubstr("/dev/vda is made of other devices"));
}

TEST_F(TargetTest, AMountedDeviceByLabelUuidOrName) {
  machine.make_ext4("/dev/vdb", kDumpsUuid, "dumps");
  machine.add_disk("vdb", 16);
  machine.folder("/mnt/dumps/in");
  mounts("25 1 254:0 / / rw - ext4 /dev/root rw\n26 25 254:16 / /mnt/dumps rw - ext4 /dev/vdb rw\n");
  for (const std::string device : {"LABEL=dumps", "UUID=0b2c5a1e-0000-4000-8000-000000000002", "/dev/vdb"}) {
    const auto resolved = resolve("ext4 " + device + "\npath /in");
    ASSERT_TRUE(resolved) << device << ": " << resolved.error().message();
    EXPECT_EQ(resolved->target.device.uuid, kDumpsUuid);
    EXPECT_EQ(resolved->target.directory, "/in");
  }
}

TEST_F(TargetTest, UdevsLinksAreFollowed) {
  machine.make_ext4("/dev/vdb", kDumpsUuid, "dumps");
  machine.add_disk("vdb", 16);
  machine.folder("/mnt");
  machine.remove("/proc/partitions");
  machine.link("/dev/disk/by-label/dumps", "../../vdb");
  machine.link("/dev/disk/by-partuuid/1234-01", "../../vdb");
  mounts("26 25 254:16 / /mnt rw - ext4 /dev/vdb rw\n");
  const ResolvedTarget resolved = resolve("ext4 LABEL=dumps\npath /").value();
  EXPECT_EQ(resolved.target.directory, "/");
  EXPECT_EQ(resolved.target.device.partuuid, "1234-01");
}

TEST_F(TargetTest, AnUnknownLabelIsNamed) {
  EXPECT_EQ(error_of("ext4 LABEL=nowhere"),
            "ext4 LABEL=nowhere: no device with LABEL=nowhere; blkid lists what there is");
}

TEST_F(TargetTest, ADeviceWithoutAFilesystemIsNamed) {
  machine.write("/dev/vdb", std::string(1 << 20, '\0'));
  machine.add_disk("vdb", 16);
  EXPECT_EQ(error_of("ext4 /dev/vdb"),
            "ext4 /dev/vdb: /dev/vdb holds no filesystem; make one with mkfs.ext4");
}

TEST(OptionsToKeep, OnlyThoseOfTheFilesystemsLayout) {
  EXPECT_EQ(options_to_keep("rw,seclabel,data=journal,usrquota,errors=panic,nobarrier"),
            "data=journal,nobarrier");
  EXPECT_EQ(options_to_keep("rw"), "");
  EXPECT_EQ(options_to_keep(""), "");
}

}  // namespace
}  // namespace kdump::service
