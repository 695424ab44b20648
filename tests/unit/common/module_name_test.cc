// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/module_name.h"

#include <gtest/gtest.h>

namespace kdump {
namespace {

TEST(ModuleName, IsTheOneTheKernelHas) {
  EXPECT_EQ(module_name("snd-hda-intel"), "snd_hda_intel");
  EXPECT_EQ(module_name("snd_hda_intel"), "snd_hda_intel");
  EXPECT_EQ(module_name("ext4"), "ext4");
}

}  // namespace
}  // namespace kdump
