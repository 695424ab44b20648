// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/preflight.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/unit/kexec/fixture.h"

namespace kdump::kexec {
namespace {

using testing::FakeKernel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Machine;

class PreflightTest : public ::testing::Test {
 protected:
  Machine machine_;
  FakeKernel kernel_{machine_};
  std::string command_line_ = "console=ttyS0";

  Preflight check() { return preflight(machine_.image(command_line_), machine_.root(), kernel_); }
  // The only finding, which refuses.
  std::string refusal() {
    const Preflight report = check();
    if (report.findings.size() != 1 || !report.refused())
      return fmt::format("{} findings", report.findings.size());
    return report.findings[0].text();
  }
};

TEST_F(PreflightTest, HealthyMachineHasNoFindings) {
  const Preflight report = check();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_FALSE(report.refused());
  EXPECT_TRUE(report.kernel.valid());
  EXPECT_TRUE(report.initrd.valid());
  EXPECT_GT(report.needed, 34U << 20);
  EXPECT_LT(report.needed, 35U << 20);
}

TEST_F(PreflightTest, Capability) {
  kernel_.capable = false;
  EXPECT_THAT(refusal(), HasSubstr("lacks CAP_SYS_BOOT; run it as root"));
}

TEST_F(PreflightTest, Sysctls) {
  machine_.write("/proc/sys/kernel/kexec_load_disabled", "1\n");
  EXPECT_THAT(refusal(), HasSubstr("kexec_load_disabled is 1"));
  machine_.write("/proc/sys/kernel/kexec_load_disabled", "0\n");
  machine_.write("/proc/sys/kernel/kexec_load_limit_panic", "0\n");
  EXPECT_THAT(refusal(), HasSubstr("kexec_load_limit_panic is used up"));
}

TEST_F(PreflightTest, LastAttemptIsAWarningWhenThereIsSomethingToLose) {
  machine_.write("/proc/sys/kernel/kexec_load_limit_panic", "1\n");
  EXPECT_THAT(check().findings, IsEmpty());
  machine_.set_loaded(true);
  const Preflight report = check();
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_FALSE(report.refused());
  EXPECT_THAT(report.findings[0].what, HasSubstr("one more attempt"));
}

TEST_F(PreflightTest, OldKernelsHaveNoLimits) {
  machine_.remove("/proc/sys/kernel/kexec_load_limit_panic");
  machine_.remove("/sys/kernel/security");
  EXPECT_THAT(check().findings, IsEmpty());
}

TEST_F(PreflightTest, KernelWithoutKexec) {
  machine_.remove("/sys/kernel/kexec_crash_loaded");
  EXPECT_THAT(refusal(), HasSubstr("this kernel has no kexec; run one built with CONFIG_KEXEC_FILE"));
}

TEST_F(PreflightTest, LockdownAsksForASignature) {
  machine_.write("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_THAT(refusal(), HasSubstr("carries no signature and the kernel is locked down (integrity)"));
  machine_.write("/vmlinuz", testing::bzimage() + "PKCS#7~Module signature appended~\n");
  EXPECT_THAT(check().findings, IsEmpty());
}

TEST_F(PreflightTest, NoReservation) {
  machine_.write("/proc/iomem", "00001000-0009fbff : System RAM\n");
  EXPECT_THAT(refusal(), HasSubstr("no memory is reserved for a capture kernel; add crashkernel="));
}

TEST_F(PreflightTest, MaskedAddressesAreAMatterOfPermission) {
  machine_.write("/proc/iomem", "00000000-00000000 : System RAM\n  00000000-00000000 : Crash kernel\n");
  const std::string text = refusal();
  EXPECT_THAT(text, HasSubstr("hides the addresses"));
  EXPECT_EQ(text.find("reserved"), std::string::npos);
}

TEST_F(PreflightTest, MainRangeHasToHoldKernelAndInitrd) {
  machine_.write("/proc/iomem",
                 "00100000-7ffdefff : System RAM\n  60000000-6fffffff : Crash kernel\n"
                 "100000000-13fffffff : System RAM\n  100000000-101ffffff : Crash kernel\n");
  EXPECT_THAT(refusal(),
              HasSubstr("need 33.0 MiB, the crash kernel memory they go into has 32.0 MiB; boot with "
                        "crashkernel=128M"));
}

// Measured with 6.1.192 and crashkernel=128M at 0x56000000, a kernel of 0x3378000 bytes: 77800 KiB are
// loaded, 77900 KiB are answered with EADDRNOTAVAIL, since the kernel is aligned down to 2 MiB.
TEST_F(PreflightTest, LimitIsTheOneMeasured) {
  machine_.write("/proc/iomem", "00100000-7ffdefff : System RAM\n  56000000-5dffffff : Crash kernel\n");
  SetupHeader header = testing::good_header();
  header.init_size = 0x3378000;
  machine_.write("/vmlinuz", testing::bzimage(header));
  std::filesystem::resize_file(machine_.at("/initrd"), 77800 << 10);
  EXPECT_FALSE(check().refused());
  std::filesystem::resize_file(machine_.at("/initrd"), 77900 << 10);
  EXPECT_THAT(refusal(), HasSubstr("need 128.1 MiB, the crash kernel memory they go into has 128.0 MiB"));
}

TEST_F(PreflightTest, HotplugHeaderCounts) {
  const uint64_t before = check().needed;
  machine_.write("/sys/kernel/crash_elfcorehdr_size", "917616\n");
  EXPECT_EQ(check().needed, before - 8192 + 917616);
}

TEST_F(PreflightTest, TightReservationIsAWarning) {
  machine_.write("/proc/iomem", "00100000-7ffdefff : System RAM\n  60000000-63ffffff : Crash kernel\n");
  const Preflight report = check();
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_FALSE(report.refused());
  EXPECT_THAT(report.findings[0].what, HasSubstr("may run out of memory"));
}

TEST_F(PreflightTest, FilesThatAreNotThere) {
  machine_.remove("/initrd");
  EXPECT_THAT(refusal(), HasSubstr("initrd: no such file or directory"));
  machine_.write("/initrd", "x");
  machine_.remove("/vmlinuz");
  EXPECT_THAT(refusal(), HasSubstr("vmlinuz: no such file or directory"));
}

TEST_F(PreflightTest, FilesTheKernelCannotRead) {
  machine_.write("/initrd", "");
  EXPECT_THAT(refusal(), HasSubstr("initrd is empty"));
  machine_.remove("/initrd");
  ASSERT_EQ(mkfifo(machine_.at("/initrd").c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("is not a regular file"));
  machine_.remove("/initrd");
  ASSERT_EQ(mkdir(machine_.at("/initrd").c_str(), 0700), 0);
  EXPECT_THAT(refusal(), HasSubstr("is not a regular file"));
}

TEST_F(PreflightTest, FileOpenForWriting) {
  const std::ofstream writer(machine_.at("/initrd"), std::ios::app);
  EXPECT_THAT(refusal(), HasSubstr("initrd is open for writing"));
}

TEST_F(PreflightTest, WrongImageIsNamed) {
  machine_.write("/vmlinuz", "\x1f\x8b\x08");
  EXPECT_THAT(refusal(), HasSubstr("vmlinuz: gzip file"));
}

TEST_F(PreflightTest, CommandLineLengthIsTheHeadersLessTheKernelsShare) {
  command_line_.assign(2016, 'x');
  EXPECT_THAT(check().findings, IsEmpty());
  command_line_.assign(2017, 'x');
  EXPECT_THAT(refusal(), HasSubstr("takes 2018 bytes with its end, 2017 are possible; shorten it by 1"));
  SetupHeader header = testing::good_header();
  header.cmdline_size = 255;
  machine_.write("/vmlinuz", testing::bzimage(header));
  command_line_.assign(225, 'x');
  EXPECT_THAT(refusal(), HasSubstr("225 are possible"));
}

TEST_F(PreflightTest, ParametersThatDoHarm) {
  command_line_ = "elfcorehdr=0x1000 quiet";
  EXPECT_THAT(refusal(), HasSubstr("elfcorehdr="));
  command_line_ = "crashkernel=128M";
  EXPECT_FALSE(check().refused());
  EXPECT_EQ(check().findings.size(), 1U);
}

TEST_F(PreflightTest, EveryFaultIsFoundInOneRun) {
  kernel_.capable = false;
  machine_.write("/proc/iomem", "00001000-0009fbff : System RAM\n");
  machine_.write("/vmlinuz", "text");
  machine_.remove("/initrd");
  command_line_.assign(3000, 'x');
  EXPECT_EQ(check().findings.size(), 5U);
}

}  // namespace
}  // namespace kdump::kexec
