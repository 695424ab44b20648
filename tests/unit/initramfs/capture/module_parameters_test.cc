// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/module_parameters.h"

#include <gtest/gtest.h>

namespace kdump::capture {
namespace {

constexpr const char* kBlock = "/lib/modules/6.1.0/kernel/drivers/block/virtio_blk.ko";

TEST(ModuleParameters, AreThoseOfItsName) {
  EXPECT_EQ(module_parameters("root=/dev/vda virtio_blk.queue_depth=8 virtio_blk2.num=1 nr_cpus=1\n", kBlock),
            "queue_depth=8");
  EXPECT_EQ(module_parameters("root=/dev/vda quiet", kBlock), "");
  EXPECT_EQ(module_parameters("", kBlock), "");
}

TEST(ModuleParameters, OfOneModuleGoTogetherInTheirOrder) {
  EXPECT_EQ(module_parameters("virtio_blk.b=1\tquiet virtio_blk.flag virtio_blk.a=2", kBlock),
            "b=1 flag a=2");
}

TEST(ModuleParameters, NameItWithDashesOrUnderscores) {
  EXPECT_EQ(module_parameters("virtio-blk.a=1", kBlock), "a=1");
  EXPECT_EQ(module_parameters("virtio_blk.a=1", "/x/virtio-blk.ko"), "a=1");
}

TEST(ModuleParameters, KeepBlanksInQuotes) {
  EXPECT_EQ(module_parameters(R"(virtio_blk.a="one two" virtio_blk.b=3)", kBlock), R"(a="one two" b=3)");
}

TEST(ModuleParameters, AreNotThePartsOfAValue) {
  EXPECT_EQ(module_parameters("nfsroot=virtio_blk.a=1 ip=1.virtio_blk.x=2", kBlock), "");
}

TEST(ModuleParameters, EndWhereThoseOfInitBegin) {
  EXPECT_EQ(module_parameters("virtio_blk.a=1 -- virtio_blk.b=2", kBlock), "a=1");
}

TEST(ModuleParameters, TakeAnUnclosedQuoteToTheEnd) {
  EXPECT_EQ(module_parameters(R"(virtio_blk.a="one two)", kBlock), R"(a="one two)");
}

}  // namespace
}  // namespace kdump::capture
