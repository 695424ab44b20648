// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mem_usage.h"

#include <gmock/gmock.h>

#include "makedumpfile/running_kernel.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/temporary_file.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

TEST(MemUsage, IsTheOriginalsTable) {
  MemUsage usage;
  usage.page_size = 4096;
  usage.total = 1000;
  usage.pages[PageClass::zero] = 1;
  usage.pages[PageClass::cache] = 20;
  usage.pages[PageClass::private_cache] = 30;
  usage.pages[PageClass::user] = 40;
  usage.pages[PageClass::free] = 500;
  usage.pages[PageClass::unaccepted] = 9;
  usage.pages[PageClass::hwpoison] = 60;
  usage.pages[PageClass::offline] = 40;
  EXPECT_EQ(describe_mem_usage(usage),
            "\nTYPE\t\tPAGES\t\t\tEXCLUDABLE\tDESCRIPTION\n"
            "----------------------------------------------------------------------\n"
            "ZERO\t\t1               \tyes\t\tPages filled with zero\n"
            "NON_PRI_CACHE\t20              \tyes\t\tCache pages without private flag\n"
            "PRI_CACHE\t30              \tyes\t\tCache pages with private flag\n"
            "USER\t\t40              \tyes\t\tUser process pages\n"
            "FREE\t\t509             \tyes\t\tFree pages\n"
            "KERN_DATA\t300             \tno\t\tDumpable kernel data \n"
            "\npage size:\t\t4096            \n"
            "Total pages on system:\t1000            \n"
            "Total size on system:\t4096000          Byte\n");
}

class RunningKernel : public ::testing::Test {
 protected:
  [[nodiscard]] Result<NamedFacts> facts_told_by(std::string_view text) {
    const test::TemporaryFile told(bytes_of(text));
    return facts_of_running_kernel(core, told.path());
  }

  RunningKernel() {
    core.add_memory(0x100000, 0x10000);
    core.put(0x101000, test::note_bytes("VMCOREINFO", 0, bytes_of(std::string_view("OSRELEASE=4.11.0\n"))));
  }
  test::FakeVmcore core;
};

TEST_F(RunningKernel, TellsWhereItsNoteLies) {
  const auto facts = facts_told_by("0x0000000000101000 400\n");
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->lines.text("OSRELEASE"), "4.11.0");
  EXPECT_FALSE(facts->empty());
}

TEST_F(RunningKernel, WhatCannotBeIsRefused) {
  for (const auto& [text, message] :
       {std::pair("", "is no address and size"), std::pair("0x1000", "is no address and size"),
        std::pair("0x101000 zz", "is no address and size"),
        std::pair("0x101000 fffffff", "is no address and size"), std::pair("0x500000 400", "not in the dump"),
        std::pair("0x102000 400", "no VMCOREINFO at 0x102000")}) {
    const auto facts = facts_told_by(text);
    ASSERT_FALSE(facts) << text;
    EXPECT_THAT(facts.error().message(), HasSubstr(message));
  }
  EXPECT_FALSE(facts_of_running_kernel(core, "/no/such/file"));
}

TEST_F(RunningKernel, IsKcoreAlone) {
  EXPECT_FALSE(is_running_kernel("/proc/version"));
  EXPECT_FALSE(is_running_kernel("/no/such/file"));
}

}  // namespace
}  // namespace kdump
