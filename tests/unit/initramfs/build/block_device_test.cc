// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/block_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/initramfs/build/made_tree.h"

namespace kdump::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DeviceStack : public testing::Test {
 protected:
  // "module modalias" of every device, or the error.
  std::vector<std::string> stack(const std::string& device) {
    const Result<HostTree> tree = HostTree::open(tree_.root());
    EXPECT_TRUE(tree);
    const auto found = device_stack(*tree, device);
    if (!found) return {found.error().message()};
    std::vector<std::string> lines;
    for (const StackedDevice& step : *found) lines.push_back(step.module + " " + step.modalias);
    return lines;
  }

  MadeTree tree_;
};

TEST_F(DeviceStack, GoesFromTheBusToTheDisk) {
  tree_.virtio_disk();
  const auto expected = ElementsAre("virtio_pci pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00",
                                    "virtio_blk virtio:d00000002v00001AF4");
  EXPECT_THAT(stack("/dev/vda"), expected);
  EXPECT_THAT(stack("/dev/vda1"), expected);
}

TEST_F(DeviceStack, FollowsALinkInDev) {
  tree_.virtio_disk();
  tree_.file("/dev/vda1", "");
  tree_.link("/dev/disk/by-label/root", "/dev/vda1");
  EXPECT_EQ(stack("/dev/disk/by-label/root"), stack("/dev/vda1"));
}

TEST_F(DeviceStack, TakesTheDeviceNameWithASlash) {
  tree_.device("/sys/devices/pci0/ctrl", "cciss", "");
  tree_.block_device("cciss!c0d0", "/sys/devices/pci0/ctrl/block/cciss!c0d0");
  EXPECT_THAT(stack("/dev/cciss/c0d0"), ElementsAre("cciss "));
}

TEST_F(DeviceStack, KeepsADeviceWhoseDriverIsBuiltInForItsModalias) {
  tree_.device("/sys/devices/pci0/ata1", "", "pci:v00008086");
  tree_.device("/sys/devices/pci0/ata1/host0/target0/0:0:0:0", "sd_mod", "scsi:t-0x00");
  tree_.block_device("sda", "/sys/devices/pci0/ata1/host0/target0/0:0:0:0/block/sda");
  EXPECT_THAT(stack("/dev/sda"), ElementsAre(" pci:v00008086", "sd_mod scsi:t-0x00"));
}

TEST_F(DeviceStack, FindsTheControllersOfMultipathNvme) {
  const std::string subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
  tree_.device("/sys/devices/pci0/0000:00:04.0", "nvme", "pci:v00001B36");
  tree_.directory("/sys/devices/pci0/0000:00:04.0/nvme/nvme0");
  tree_.block_device("nvme0n1", subsystem + "/nvme0n1");
  tree_.link(subsystem + "/nvme0", "../../../pci0/0000:00:04.0/nvme/nvme0");
  EXPECT_THAT(stack("/dev/nvme0n1"), ElementsAre("nvme pci:v00001B36"));
}

TEST_F(DeviceStack, RefusesADeviceMadeOfOthersAndNamesThem) {
  tree_.virtio_disk();
  tree_.block_device("dm-0", "/sys/devices/virtual/block/dm-0");
  tree_.link("/sys/devices/virtual/block/dm-0/slaves/vda1", "/sys/class/block/vda1");
  tree_.file("/dev/dm-0", "");
  tree_.link("/dev/mapper/root", "../dm-0");
  const Result<HostTree> tree = HostTree::open(tree_.root());
  const auto found = device_stack(*tree, "/dev/mapper/root");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(found.error().message(),
            "/dev/mapper/root: dm-0 is made of other devices (vda1), which is not built yet");
}

TEST_F(DeviceStack, RefusesAVirtualDevice) {
  tree_.block_device("loop0", "/sys/devices/virtual/block/loop0");
  EXPECT_THAT(stack("/dev/loop0"), ElementsAre(HasSubstr("loop0 is a virtual device")));
}

TEST_F(DeviceStack, NamesADeviceThatIsNotThere) {
  EXPECT_THAT(stack("/dev/vdq"), ElementsAre(HasSubstr("/dev/vdq: no such block device in")));
}

TEST_F(DeviceStack, AnyDeviceHasAChain) {
  tree_.device("/sys/devices/pci0000:00/0000:00:1f.4", "i2c_i801", "pci:v00008086");
  tree_.device("/sys/devices/pci0000:00/0000:00:1f.4/iTCO_wdt", "iTCO_wdt", "platform:iTCO_wdt");
  const Result<HostTree> tree = HostTree::open(tree_.root());
  ASSERT_TRUE(tree);
  const auto chain = driver_chain(*tree, "/sys/devices/pci0000:00/0000:00:1f.4/iTCO_wdt");
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_EQ(chain[0].module, "i2c_i801");
  EXPECT_EQ(chain[1].module, "iTCO_wdt");
  EXPECT_TRUE(driver_chain(*tree, "/sys/devices/not/there").empty());
}

}  // namespace
}  // namespace kdump::image
