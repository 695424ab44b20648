// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/host_tree.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "tests/unit/initramfs/build/made_tree.h"

namespace kdump::image {
namespace {

// The kernel answers EAGAIN to a path with ".." while anything is renamed anywhere.
TEST(HostTree, RenamesElsewhereDoNotMatter) {
  const MadeTree made;
  made.virtio_disk();
  made.file("/here", "");
  const auto tree = HostTree::open(made.root());
  ASSERT_TRUE(tree);
  const std::jthread renamer([&](const std::stop_token& stop) {
    const std::string here = made.outside("/here");
    const std::string there = made.outside("/there");
    while (!stop.stop_requested()) {
      (void)std::rename(here.c_str(), there.c_str());
      (void)std::rename(there.c_str(), here.c_str());
    }
  });
  for (int i = 0; i < 20000; ++i) {
    const auto real = tree->real_path("/sys/class/block/vda1");
    ASSERT_TRUE(real) << i << ": " << real.error().message();
  }
}

}  // namespace
}  // namespace kdump::image
