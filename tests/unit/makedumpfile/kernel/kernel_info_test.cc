// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/kernel_info.h"

#include <gmock/gmock.h>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeKernel;
using ::testing::HasSubstr;

TEST(KernelInfo, ReadsWhatTheHeadersOfADumpTell) {
  FakeKernel kernel;
  kernel.line("CRASHTIME=1795229695");
  kernel.line(fmt::format("SYMBOL(init_uts_ns)={:x}", FakeKernel::kImageBase + 0x400000));
  kernel.line("OFFSET(uts_namespace.name)=4");
  diskdump::UtsName name{};
  std::memcpy(name.nodename, "crashed", 8);
  std::memset(name.machine, 'x', sizeof name.machine);  // damaged: without an end
  kernel.vmcore().put_value(0x400004, name);
  const auto info = kernel.info();
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->release(), "6.1.0-test");
  EXPECT_EQ(info->crash_time(), 1795229695);
  EXPECT_EQ(info->page_size(), 4096U);
  EXPECT_STREQ(info->utsname().nodename, "crashed");
  EXPECT_EQ(std::strlen(info->utsname().machine), diskdump::kUtsFieldSize - 1);
}

TEST(KernelInfo, PhysBaseMayBeNegative) {
  FakeKernel kernel;
  kernel.replace_line("NUMBER(phys_base)", "NUMBER(phys_base)=-4194304");
  EXPECT_EQ(kernel.info()->phys_base(), static_cast<uint64_t>(-4194304));
}

TEST(KernelInfo, ADumpWithoutVmcoreinfoStillHasHeaders) {
  test::FakeVmcore vmcore;
  vmcore.add_memory(0, 4096);
  const auto info = read_kernel_info(vmcore);
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->page_size(), 4096U);
  EXPECT_STREQ(info->utsname().release, "");
  EXPECT_THAT(info->address_space().usable().error().message(), HasSubstr("fake: no VMCOREINFO"));
}

TEST(KernelInfo, AnUnknownMachineIsNamedOnlyWhenItsMemoryIsNeeded) {
  FakeKernel kernel;
  kernel.vmcore().set_machine(elf::EM_S390);
  const auto info = kernel.info();
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_THAT(info->address_space().usable().error().message(), HasSubstr("ELF machine 22"));
}

TEST(KernelInfo, RefusesAPageSizeThatIsNone) {
  FakeKernel kernel;
  kernel.replace_line("PAGESIZE", "PAGESIZE=4095");
  const auto info = kernel.info();
  ASSERT_FALSE(info);
  EXPECT_THAT(info.error().message(), HasSubstr("PAGESIZE=4095"));
}

}  // namespace
}  // namespace kdump
