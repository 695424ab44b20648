// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/vtop.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeKernel;
using ::testing::HasSubstr;

std::string translation(FakeKernel& kernel, uint64_t addr) {
  return describe_translation(*kernel.info(), VirtAddr(addr));
}

TEST(Vtop, ShowsEveryLevelOfFour) {
  FakeKernel kernel;
  kernel.map(0xffffc90000001000, 0x234000, 12);
  EXPECT_EQ(translation(kernel, 0xffffc90000001abc),
            "\nTranslating virtual address ffffc90000001abc to physical address.\n"
            "  PGD :           100c90 =>           103001\n"
            "  PUD :           103000 =>           104001\n"
            "  PMD :           104000 =>           105001\n"
            "  PTE :           105008 =>           234001\n"
            "VIRTUAL           PHYSICAL\n"
            "ffffc90000001abc  234abc\n");
}

TEST(Vtop, ShowsEveryLevelOfFiveAndStopsAtAHugePage) {
  FakeKernel kernel(5);
  EXPECT_EQ(translation(kernel, FakeKernel::kImageBase + 0x212345),
            "\nTranslating virtual address ffffffff80212345 to physical address.\n"
            "  PGD :           100ff8 =>           101001\n"
            "  P4D :           101ff8 =>           102001\n"
            "  PUD :           102ff0 =>           103001\n"
            "  PMD :           103008 =>           200081\n"
            "VIRTUAL           PHYSICAL\n"
            "ffffffff80212345  212345\n");
}

TEST(Vtop, SaysWhatIsNotMapped) {
  FakeKernel kernel;
  EXPECT_EQ(translation(kernel, 0x1000),
            "\nTranslating virtual address 1000 to physical address.\n"
            "  PGD :           100000 =>                0\n"
            "VIRTUAL           PHYSICAL\n"
            "            1000  (not mapped)\n"
            "virtual address 0x1000 is not mapped (page table level 4: entry 0x0)\n");
}

TEST(Vtop, SaysWhyAnAddressIsNone) {
  FakeKernel kernel;
  EXPECT_THAT(translation(kernel, 0x8000000000000000), HasSubstr("is not one of 48 bits"));
}

TEST(Vtop, SaysThatThereAreNoPageTables) {
  FakeKernel kernel;
  kernel.replace_line("SYMBOL(init_top_pgt)", "");
  EXPECT_THAT(translation(kernel, 0x1000),
              HasSubstr("(not mapped)\nfake: VMCOREINFO has no SYMBOL(init_top_pgt)"));
}

TEST(Vtop, ATableThatCannotBeReadEndsIt) {
  FakeKernel kernel;
  kernel.vmcore().put_value<le64>(kernel.root() + 8, 0x7000000001);
  EXPECT_THAT(translation(kernel, uint64_t{1} << 39),
              HasSubstr("  PGD :           100008 =>       7000000001\nVIRTUAL"));
}

}  // namespace
}  // namespace kdump
