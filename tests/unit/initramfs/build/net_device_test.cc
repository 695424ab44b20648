// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/net_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "initramfs/build/contents.h"
#include "tests/unit/initramfs/build/made_tree.h"

namespace kdump::image {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NetDevice : public testing::Test {
 protected:
  // QEMU's virtio card.
  void virtio_card(const std::string& name) const {
    const std::string pci = "/sys/devices/pci0000:00/0000:00:05.0";
    tree_.device(pci, "virtio_pci", "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00");
    tree_.device(pci + "/virtio2", "virtio_net", "virtio:d00000001v00001AF4");
    entry(name, pci + "/virtio2");
  }
  // What sysfs has of an interface of the device.
  void entry(const std::string& name, const std::string& device) const {
    const std::string path = device + "/net/" + name;
    tree_.directory(path);
    tree_.link(path + "/device", "../..");
    tree_.link("/sys/class/net/" + name, "../.." + path.substr(4));
  }

  std::vector<std::string> stack(const std::string& interface) {
    const Result<HostTree> tree = HostTree::open(tree_.root());
    const auto found = net_device_stack(*tree, interface);
    if (!found) return {found.error().message()};
    std::vector<std::string> lines;
    for (const StackedDevice& step : *found) lines.push_back(step.module + " " + step.modalias);
    return lines;
  }

  Result<Contents> contents(const Request& request) {
    const Result<HostTree> tree = HostTree::open(tree_.root());
    return gather_contents(*tree, request);
  }

  // An image for a remote target by this interface.
  static Request request(const std::string& interface) {
    Request request;
    request.kernel_release = kRelease;
    const std::string mac = interface == "lo" ? "" : "52:54:00:12:34:56";
    request.plan.network.interfaces = {{.name = interface, .mac = mac, .mtu = 0, .addresses = {}}};
    request.capture_program = "/capture";
    request.worker_program = "/worker";
    request.plan.collector = {"makedumpfile"};
    request.plan.targets.push_back({.kind = plan::TargetKind::nfs,
                                    .server = {"192.0.2.1", {"192.0.2.1"}, 0},
                                    .nfs = {"/srv", plan::NfsClient::kernel, {"4.2", "4.1"}, ""},
                                    .directory = "/"});
    return request;
  }

  void kernel_modules(std::vector<MadeModule> more = {}) const {
    std::vector<MadeModule> modules = virtio_modules();
    const std::vector<MadeModule> network = {
        {.path = "kernel/net/core/failover.ko", .exported = {"failover_register"}},
        {.path = "kernel/drivers/net/net_failover.ko",
         .exported = {"net_failover_create"},
         .needed_symbols = {"failover_register"}},
        {.path = "kernel/drivers/net/virtio_net.ko",
         .modinfo = {"alias=virtio:d00000001v*"},
         .needed_symbols = {"net_failover_create", "register_virtio_driver", "virtqueue_add"}},
        {.path = "kernel/net/sunrpc/sunrpc.ko", .exported = {"rpc_create"}},
        {.path = "kernel/fs/nfs/nfs.ko", .exported = {"nfs_register"}, .needed_symbols = {"rpc_create"}},
        {.path = "kernel/fs/nfs/nfsv3.ko", .needed_symbols = {"nfs_register"}},
        {.path = "kernel/fs/nfs/nfsv4.ko", .needed_symbols = {"nfs_register"}},
    };
    modules.insert(modules.end(), network.begin(), network.end());
    modules.insert(modules.end(), more.begin(), more.end());
    tree_.modules(kRelease, modules);
    tree_.copy("/capture", PROBE_FOLDER "/libleaf.so");
    tree_.copy("/worker", PROBE_FOLDER "/libleaf.so");
    tree_.file("/etc/kdump.conf", "");
  }

  MadeTree tree_;
};

TEST_F(NetDevice, GoesFromTheBusToTheCard) {
  virtio_card("enp0s5");
  EXPECT_THAT(stack("enp0s5"), ElementsAre("virtio_pci pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00",
                                           "virtio_net virtio:d00000001v00001AF4"));
}

TEST_F(NetDevice, TheChipAtTheConnectorComesAlong) {
  tree_.device("/sys/devices/pci0/0000:01:00.0", "r8169", "pci:v000010EC");
  tree_.device("/sys/devices/pci0/0000:01:00.0/mdio_bus/r8169-0-100/r8169-0-100:00", "realtek", "");
  entry("eth0", "/sys/devices/pci0/0000:01:00.0");
  tree_.link("/sys/devices/pci0/0000:01:00.0/net/eth0/phydev", "../../mdio_bus/r8169-0-100/r8169-0-100:00");
  EXPECT_THAT(stack("eth0"), Contains("realtek "));
}

TEST_F(NetDevice, AnInterfaceWithoutHardwareIsRefused) {
  tree_.directory("/sys/devices/virtual/net/veth0");
  tree_.directory("/sys/class/net");
  tree_.link("/sys/class/net/veth0", "../../devices/virtual/net/veth0");
  EXPECT_THAT(stack("veth0"), ElementsAre(HasSubstr("veth0: this network interface is no hardware")));
  EXPECT_THAT(stack("eth9"), ElementsAre(HasSubstr("eth9: no such network interface")));
}

TEST_F(NetDevice, ItsDriversAndTheNfsClientAreInTheImage) {
  virtio_card("enp0s5");
  kernel_modules();
  const auto made = contents(request("enp0s5"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(made->modules, testing::IsSupersetOf({"virtio_pci", "failover", "net_failover", "virtio_net",
                                                    "sunrpc", "nfs", "nfsv4"}));
  EXPECT_THAT(made->modules, testing::Not(Contains("nfsv3")));
  EXPECT_THAT(made->warnings, IsEmpty());
}

TEST_F(NetDevice, TheLoopbackNeedsNoDriver) {
  kernel_modules();
  const auto made = contents(request("lo"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(made->modules, testing::Not(Contains("virtio_net")));
}

TEST_F(NetDevice, FirmwareComesAlongOrIsWarnedOf) {
  tree_.device("/sys/devices/pci0/0000:01:00.0", "r8169", "pci:v000010EC");
  entry("eth0", "/sys/devices/pci0/0000:01:00.0");
  kernel_modules({{.path = "kernel/drivers/net/r8169.ko",
                   .modinfo = {"firmware=rtl_nic/a.fw", "firmware=rtl_nic/b.fw"}}});
  auto made = contents(request("eth0"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(made->warnings,
              ElementsAre("module r8169 may ask for firmware that is not installed: rtl_nic/a.fw, …"));
  tree_.file("/lib/firmware/rtl_nic/b.fw.zst", "(compressed)");
  made = contents(request("eth0"));
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(made->warnings, IsEmpty());
  const auto file = std::ranges::find(made->files, "/lib/firmware/rtl_nic/b.fw", &ImageFile::image_path);
  ASSERT_NE(file, made->files.end());
  EXPECT_EQ(file->source, "/lib/firmware/rtl_nic/b.fw.zst");
  EXPECT_TRUE(file->is_compressed);
}

}  // namespace
}  // namespace kdump::image
