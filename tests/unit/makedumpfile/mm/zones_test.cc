// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/zones.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_kernel.h"
#include "tests/unit/makedumpfile/support/fake_zones.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeStructPages;
using test::FakeZones;
using ::testing::HasSubstr;

class ZonesTest : public ::testing::Test {
 protected:
  Result<std::vector<Zone>> read() {
    info_ = kernel.info();
    EXPECT_TRUE(info_);
    return read_zones(*info_);
  }

  FakeKernel kernel;
  FakeStructPages pages{kernel};
  FakeZones zones{kernel};
  Result<KernelInfo> info_ = fail("not read yet");
};

TEST_F(ZonesTest, AreThoseOfEveryNodeThatThereIs) {
  const auto found = read();
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].address, VirtAddr(FakeKernel::kImageBase + FakeZones::kNodeZones));
  EXPECT_EQ((*found)[1].address - (*found)[0].address, FakeZones::kZone);
  EXPECT_EQ((*found)[1].node, 1U);
  EXPECT_EQ((*found)[1].number, 1U);
}

TEST_F(ZonesTest, AreOfTheOneNodeWithoutNuma) {
  kernel.replace_line("SYMBOL(node_data)", fmt::format("SYMBOL(contig_page_data)={:x}",
                                                       FakeKernel::kImageBase + FakeZones::kNode));
  const auto found = read();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->size(), 2U);
}

TEST_F(ZonesTest, RefusesNumbersThatNoKernelHas) {
  kernel.vmcore().put_value<le32>(FakeZones::kNode + 16, 0x80000000U);
  EXPECT_THAT(read().error().message(), HasSubstr("nr_zones is 2147483648"));
}

TEST_F(ZonesTest, NamesTheNodeThatCannotBeRead) {
  kernel.vmcore().put_value<le64>(FakeZones::kNodeData + 8, 0xffffec0000000000);
  EXPECT_THAT(read().error().message(), HasSubstr("node 1 at 0xffffec0000000000"));
}

}  // namespace
}  // namespace kdump
