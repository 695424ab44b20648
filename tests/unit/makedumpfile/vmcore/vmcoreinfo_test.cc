// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/vmcoreinfo.h"

#include <gtest/gtest.h>

namespace kdump {
namespace {

TEST(Vmcoreinfo, ReadsTheKindsOfLines) {
  const Vmcoreinfo info(
      "OSRELEASE=6.1.0\nSYMBOL(prb)=ffffffffb5a622c0\nNUMBER(phys_base)=-329252864\nNUMBER(kimage_voffset)="
      "0xffff0000\n");
  EXPECT_EQ(info.text("OSRELEASE"), "6.1.0");
  EXPECT_EQ(info.symbol("prb"), 0xffffffffb5a622c0U);
  EXPECT_EQ(info.number("phys_base"), -329252864);
  EXPECT_EQ(info.number("kimage_voffset"), 0xffff0000);
  EXPECT_FALSE(info.symbol("absent").has_value());
}

TEST(Vmcoreinfo, IgnoresWhatIsNoLineAndWhatIsNoNumber) {
  const Vmcoreinfo info("nonsense\n=value\nSYMBOL(x)=zz\nNUMBER(y)=12x\nNUMBER(z)=\n\n");
  EXPECT_EQ(info.lines().size(), 3U);
  EXPECT_FALSE(info.symbol("x").has_value());
  EXPECT_FALSE(info.number("y").has_value());
  EXPECT_FALSE(info.number("z").has_value());
}

TEST(Vmcoreinfo, TheLastOfTwoLinesHolds) {
  EXPECT_EQ(Vmcoreinfo("NUMBER(a)=1\nNUMBER(a)=2\n").number("a"), 2);
}

TEST(Vmcoreinfo, AMaskWithTheTopBitIsNegative) {
  EXPECT_EQ(parse_vmcoreinfo_number("9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_vmcoreinfo_number("0xffffffffffffffff"), -1);
  EXPECT_FALSE(parse_vmcoreinfo_number("99999999999999999999").has_value());
}

}  // namespace
}  // namespace kdump
