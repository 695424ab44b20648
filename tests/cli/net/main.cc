// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cstring>

#include "tests/cli/net/lab.h"

int main(int argc, char** argv) {
  // Listing the tests needs no lab, and no root.
  bool lists = false;
  for (int i = 1; i < argc; ++i) lists = lists || std::strcmp(argv[i], "--gtest_list_tests") == 0;
  testing::InitGoogleTest(&argc, argv);
  if (!lists) kdump::test::enter_lab();
  return RUN_ALL_TESTS();
}
