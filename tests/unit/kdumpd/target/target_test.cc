// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/target.h"

#include <gmock/gmock.h>

#include "conf/kdump_conf.h"
#include "kdumpd/machine/filesystems.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {
namespace {

using testing::HasSubstr;

class TargetTest : public testing::Test {
 protected:
  void SetUp() override { machine.make_root_disk(); }

  Result<ResolvedTarget> resolve(const std::string& configuration) const {
    return resolve_targets(machine.host(), conf::parse_config(configuration).config, {}).front();
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
      "25 1 254:0 / / rw - ext4 /dev/root rw\n26 25 254:0 / /var rw - ext4 x rw\n27 26 0:9 / /var rw - f2fs "
      "y "
      "rw\n");
  EXPECT_THAT(error_of(""), HasSubstr("is f2fs, which is not built yet"));
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
      "ext2, ext3, ext4, xfs, btrfs or vfat filesystem (\"ext4 /dev/…\" in /etc/kdump.conf)");
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

class SecondDiskTest : public TargetTest {
 protected:
  static constexpr uint64_t kXfsBytes = 320 << 20;  // mkfs.xfs makes none below 300 MiB
  static constexpr uint64_t kBtrfsBytes = 128 << 20;

  void SetUp() override {
    TargetTest::SetUp();
    machine.add_disk("vdb", 16);
    machine.folder("/mnt/here");
  }
  void make_xfs(std::vector<std::string> more = {}) const {
    std::vector<std::string> program{
        "/usr/sbin/mkfs.xfs", "-q", "-f", "-m", fmt::format("uuid={}", kDumpsUuid), "-L", "dumps"};
    program.insert(program.end(), more.begin(), more.end());
    machine.make_filesystem("/dev/vdb", kXfsBytes, program);
  }
  void make_btrfs(std::vector<std::string> more = {}) const {
    std::vector<std::string> program{"/usr/sbin/mkfs.btrfs", "-q", "-f", "-U", kDumpsUuid, "-L", "dumps"};
    program.insert(program.end(), more.begin(), more.end());
    machine.make_filesystem("/dev/vdb", kBtrfsBytes, program);
  }
  void mounted(const std::string& rest) const {
    mounts("25 1 254:0 / / rw - ext4 /dev/root rw\n26 25 " + rest + "\n");
  }
};

TEST_F(SecondDiskTest, AnXfsByPathAndByName) {
  make_xfs();
  mounted("254:16 / /mnt rw - xfs /dev/vdb rw,seclabel,attr2,inode64,logbufs=8,usrquota,nouuid");
  for (const std::string conf : {"path /mnt/here", "xfs LABEL=dumps\npath /here"}) {
    const auto resolved = resolve(conf);
    ASSERT_TRUE(resolved) << resolved.error().message();
    EXPECT_EQ(resolved->target.fstype, "xfs");
    EXPECT_EQ(resolved->target.device.uuid, kDumpsUuid);
    EXPECT_EQ(resolved->target.device.label, "dumps");
    EXPECT_EQ(resolved->target.directory, "/here");
    EXPECT_EQ(resolved->target.mount_options, "usrquota,nouuid");
  }
}

TEST_F(SecondDiskTest, AnXfsThatNeedsMoreThanItsDeviceIsRefused) {
  const std::string other = machine.make_disk("/dev/other", kXfsBytes);
  make_xfs({"-l", "size=64m,logdev=" + other});
  mounted("254:16 / /mnt rw - xfs /dev/vdb rw");
  EXPECT_EQ(error_of("path /mnt/here"),
            "path /mnt/here: /dev/vdb is an xfs with its log on another device, which is not built yet; dump "
            "to one without");
  make_xfs({"-r", "rtdev=" + other});
  EXPECT_THAT(error_of("path /mnt/here"), HasSubstr("is an xfs with a realtime device, which is not built"));
}

TEST_F(SecondDiskTest, ASubvolumeOfBtrfsIsUnwoundFromTheTopOfIt) {
  make_btrfs();
  mounted("0:35 /@dumps/in /mnt rw - btrfs /dev/vdb rw,space_cache=v2,subvolid=256,subvol=/@dumps/in");
  for (const std::string conf : {"path /mnt/here", "btrfs /dev/vdb\npath /here"}) {
    const auto resolved = resolve(conf);
    ASSERT_TRUE(resolved) << resolved.error().message();
    EXPECT_EQ(resolved->target.fstype, "btrfs");
    EXPECT_EQ(resolved->target.device.devname, "/dev/vdb");
    EXPECT_EQ(resolved->target.device.uuid, kDumpsUuid);
    EXPECT_EQ(resolved->target.directory, "/@dumps/in/here");
    EXPECT_EQ(resolved->target.mount_options, "subvolid=5");
  }
}

TEST_F(SecondDiskTest, ABtrfsOverTwoDevicesIsRefused) {
  make_btrfs({machine.make_disk("/dev/other", kBtrfsBytes)});
  mounted("0:35 / /mnt rw - btrfs /dev/vdb rw,subvolid=5,subvol=/");
  EXPECT_EQ(error_of("path /mnt/here"),
            "path /mnt/here: /dev/vdb is a btrfs over 2 devices, which is not built yet; dump to one on a "
            "single device");
}

TEST_F(SecondDiskTest, AVfatKeepsItsCharacterSetsAndWarns) {
  machine.make_filesystem("/dev/vdb", 8 << 20, {"/usr/sbin/mkfs.vfat", "-n", "DUMPS", "-i", "1234abcd"});
  mounted("254:16 / /mnt rw - vfat /dev/vdb rw,fmask=0022,codepage=850,iocharset=utf8,errors=remount-ro");
  const auto resolved = resolve("vfat UUID=1234-ABCD\npath /here");
  ASSERT_TRUE(resolved) << resolved.error().message();
  EXPECT_EQ(resolved->target.mount_options, "umask=0077,codepage=850,iocharset=utf8");
  EXPECT_THAT(resolved->warnings, testing::Contains(HasSubstr("no file of 4 GiB or more")));
}

TEST_F(SecondDiskTest, AnExt4WithItsJournalElsewhereIsRefused) {
  // mke2fs wants a real block device for a journal: the superblock is made to say so.
  machine.make_filesystem("/dev/vdb", 16 << 20, {"/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096"});
  std::fstream disk(machine.at("/dev/vdb"), std::ios::in | std::ios::out | std::ios::binary);
  disk.seekp(1024 + 0xe0);  // s_journal_inum
  disk.write("\0\0\0\0", 4);
  disk.close();
  const Filesystem* const ext4 = filesystem_named("ext4");
  const Status checked = ext4->check(machine.at("/dev/vdb"), "/dev/vdb");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message(), HasSubstr("has its journal on another device"));
  EXPECT_TRUE(ext4->check(machine.at("/dev/vda"), "/dev/vda"));
}

TEST_F(SecondDiskTest, TheDirectiveHasToSayWhatIsThere) {
  make_xfs();
  mounted("254:16 / /mnt rw - xfs /dev/vdb rw");
  EXPECT_EQ(error_of("ext4 LABEL=dumps\npath /here"),
            "ext4 LABEL=dumps: /dev/vdb holds xfs, not ext4; write \"xfs LABEL=dumps\"");
}

TEST_F(SecondDiskTest, APartitionByItsUuid) {
  make_xfs();
  machine.link("/dev/disk/by-partuuid/1234-01", "../../vdb");
  mounted("254:16 / /mnt rw - xfs /dev/vdb rw");
  const auto resolved = resolve("xfs PARTUUID=1234-01\npath /here");
  ASSERT_TRUE(resolved) << resolved.error().message();
  EXPECT_EQ(resolved->target.device.devname, "/dev/vdb");
  EXPECT_EQ(resolved->target.device.partuuid, "1234-01");
}

TEST_F(SecondDiskTest, FallbacksComeAfterTheFirstTargetEachWithItsTimeout) {
  make_xfs();
  mounted("254:16 / /mnt rw - xfs /dev/vdb rw");
  const auto resolved =
      resolve_targets(machine.host(),
                      conf::parse_config("timeout 30\nfallback xfs LABEL=dumps path=/here timeout=5min\n"
                                         "fallback ext4 /dev/vda\nfallback xfs LABEL=gone")
                          .config,
                      {});
  ASSERT_EQ(resolved.size(), 4U);
  ASSERT_TRUE(resolved[0] && resolved[1] && resolved[2]);
  EXPECT_EQ(resolved[0]->target.device.devname, "/dev/vda");
  EXPECT_EQ(resolved[0]->target.stall, std::chrono::seconds(30));
  EXPECT_EQ(resolved[1]->described, "/here on /dev/vdb (xfs)");
  EXPECT_EQ(resolved[1]->target.stall, std::chrono::minutes(5));
  EXPECT_EQ(resolved[2]->target.directory, "/var/crash");
  EXPECT_EQ(resolved[2]->target.stall, std::chrono::seconds(30));
  ASSERT_FALSE(resolved[3]);
  EXPECT_EQ(resolved[3].error().message(),
            "fallback xfs LABEL=gone: no device with LABEL=gone; blkid lists what there is");
}

TEST(OptionsToKeep, OnlyThoseOfTheFilesystemsLayout) {
  const auto kept = [](const char* name, const char* options) {
    return options_to_keep(*filesystem_named(name), options);
  };
  EXPECT_EQ(kept("ext4", "rw,seclabel,data=journal,usrquota,errors=panic,nobarrier"),
            "data=journal,nobarrier");
  EXPECT_EQ(kept("ext4", "rw"), "");
  EXPECT_EQ(kept("ext4", ""), "");
  EXPECT_EQ(kept("vfat", "iocharset=ascii,utf8x"), "umask=0077,iocharset=ascii");
}

TEST(Filesystems, AreNamedInOneSentence) {
  EXPECT_EQ(filesystem_names(), "ext2, ext3, ext4, xfs, btrfs or vfat");
  EXPECT_EQ(filesystem_named("f2fs"), nullptr);
}

}  // namespace
}  // namespace kdump::service
