// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/initramfs/build/made_tree.h"

namespace kdump::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Modules : public testing::Test {
 protected:
  Result<LoadOrder> resolve(std::vector<ModuleWish> wishes) {
    const Result<HostTree> tree = HostTree::open(tree_.root());
    EXPECT_TRUE(tree);
    return resolve_modules(*tree, kRelease, wishes);
  }
  std::vector<std::string> names(std::vector<ModuleWish> wishes) {
    const Result<LoadOrder> order = resolve(std::move(wishes));
    if (!order) return {order.error().message()};
    std::vector<std::string> names;
    for (const ModuleFile& module : order->modules) names.push_back(module.name);
    return names;
  }

  MadeTree tree_;
};

ModuleWish wish(const std::string& name) {
  return {.names = {name}, .purpose = "test", .if_missing = IfMissing::error};
}

TEST_F(Modules, ComeAfterWhatTheyNeedAndOnce) {
  tree_.modules(kRelease, virtio_modules());
  const auto order = names({wish("virtio_pci"), wish("virtio_blk")});
  ASSERT_THAT(order, testing::UnorderedElementsAre("virtio", "virtio_ring", "virtio_pci_modern_dev",
                                                   "virtio_pci", "virtio_blk"));
  const auto place = [&](const char* name) { return std::ranges::find(order, name); };
  EXPECT_LT(place("virtio"), place("virtio_pci_modern_dev"));
  EXPECT_LT(place("virtio_pci_modern_dev"), place("virtio_pci"));
  EXPECT_LT(place("virtio_ring"), place("virtio_pci"));
  EXPECT_EQ(order.back(), "virtio_blk");
}

TEST_F(Modules, AreFoundByModaliasAndKnowTheirFiles) {
  tree_.modules(kRelease, virtio_modules());
  const Result<LoadOrder> order = resolve({wish("crc32c")});
  ASSERT_TRUE(order) << order.error().message();
  EXPECT_THAT(order->modules,
              ElementsAre(ModuleFile{.name = "crc32c_generic",
                                     .path = std::string(kModules) + "kernel/crypto/crc32c_generic.ko",
                                     .relative = "kernel/crypto/crc32c_generic.ko"}));
  EXPECT_EQ(names({wish("virtio:d00000002v00001AF4")}).back(), "virtio_blk");
}

TEST_F(Modules, SoftDependenciesComeAlong) {
  tree_.modules(kRelease, virtio_modules());
  EXPECT_THAT(names({wish("fs-ext4")}), ElementsAre("crc32c_generic", "mbcache", "ext4"));
  tree_.file("/etc/modprobe.d/kdump.conf", "softdep mbcache post: softdog\n");
  EXPECT_THAT(names({wish("fs-ext4")}), ElementsAre("crc32c_generic", "mbcache", "softdog", "ext4"));
}

TEST_F(Modules, SoftDependenciesInACircleEnd) {
  tree_.modules(kRelease, {{.path = "kernel/a.ko", .modinfo = {"softdep=pre: b"}},
                           {.path = "kernel/b.ko", .modinfo = {"softdep=pre: a"}}});
  EXPECT_THAT(names({wish("a")}), ElementsAre("b", "a"));
}

TEST_F(Modules, BuiltInAsksForNothing) {
  tree_.modules(kRelease, virtio_modules());
  EXPECT_THAT(names({wish("xfs"), wish("fs-xfs")}), IsEmpty());
}

TEST_F(Modules, AMissingOneIsNamed) {
  tree_.modules(kRelease, virtio_modules());
  EXPECT_THAT(names({{{"megaraid"}, "driver of /sys/x", IfMissing::error}}),
              ElementsAre("driver of /sys/x: kernel 6.1.0-made has no module megaraid"));
  const auto warned = resolve({{{"megaraid"}, "extra_modules", IfMissing::warn}});
  ASSERT_TRUE(warned);
  EXPECT_THAT(warned->warnings, ElementsAre("extra_modules: kernel 6.1.0-made has no module megaraid"));
  const auto ignored = resolve({{{"megaraid"}, "bridge", IfMissing::ignore}});
  ASSERT_TRUE(ignored);
  EXPECT_THAT(ignored->warnings, IsEmpty());
}

TEST_F(Modules, AListedOneWithoutAFileIsAnError) {
  tree_.modules(kRelease, virtio_modules());
  tree_.remove(std::string(kModules) + "kernel/fs/mbcache.ko");
  EXPECT_THAT(names({wish("mbcache")}), ElementsAre(HasSubstr("mbcache")));
  EXPECT_THAT(names({wish("ext4")}), ElementsAre(testing::AllOf(HasSubstr("module ext4: libkmod: path=/"),
                                                                HasSubstr("kernel/fs/mbcache.ko"))));
}

TEST_F(Modules, TheSecondNameServesWhenTheFirstIsUnknown) {
  tree_.modules(kRelease, virtio_modules());
  EXPECT_THAT(names({{{"no_such", "softdog"}, "test", IfMissing::error}}), ElementsAre("softdog"));
}

TEST_F(Modules, ABlacklistHoldsForModaliasesOnly) {
  tree_.modules(kRelease, virtio_modules());
  tree_.file("/etc/modprobe.d/no.conf", "blacklist virtio_blk\n");
  EXPECT_THAT(names({{{"virtio:d00000002v00001AF4"}, "test", IfMissing::ignore}}), IsEmpty());
  EXPECT_EQ(names({wish("virtio_blk")}).back(), "virtio_blk");
}

TEST_F(Modules, OptionsAreSaidToBeLeftOut) {
  tree_.modules(kRelease, virtio_modules());
  tree_.file("/etc/modprobe.d/o.conf", "options softdog soft_margin=5\n");
  const auto order = resolve({wish("softdog")});
  ASSERT_TRUE(order);
  EXPECT_THAT(
      order->warnings,
      ElementsAre(StartsWith("options of module softdog (soft_margin=5) hold in the capture kernel only as "
                             "softdog.OPTION=VALUE")));
}

TEST_F(Modules, AKernelWithoutModulesOrIndexIsAnError) {
  EXPECT_THAT(names({wish("a")}), ElementsAre(HasSubstr("no modules of kernel 6.1.0-made")));
  tree_.directory(kModules);
  EXPECT_THAT(names({wish("a")}),
              ElementsAre(HasSubstr("modules.dep.bin does not exist (run: depmod 6.1.0-made)")));
}

TEST_F(Modules, AMergedUsrIsFollowed) {
  tree_.directory("/usr/lib");
  tree_.link("/lib", "usr/lib");
  tree_.modules(kRelease, virtio_modules());
  const auto order = resolve({wish("softdog")});
  ASSERT_TRUE(order) << order.error().message();
  EXPECT_EQ(order->modules[0].path, "/usr/lib/modules/6.1.0-made/kernel/drivers/watchdog/softdog.ko");
}

}  // namespace
}  // namespace kdump::image
