// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  // Listing the tests needs no mounts, and no root.
  bool lists = false;
  for (int i = 1; i < argc; ++i) lists = lists || std::strcmp(argv[i], "--gtest_list_tests") == 0;
  testing::InitGoogleTest(&argc, argv);
  if (!lists &&
      (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)) {
    std::perror("these tests need root and mounts of their own");
    return 1;
  }
  return RUN_ALL_TESTS();
}
