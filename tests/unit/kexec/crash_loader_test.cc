// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/crash_loader.h"

#include <gmock/gmock.h>

#include "kexec/record.h"
#include "tests/unit/kexec/fixture.h"

namespace kdump::kexec {
namespace {

using testing::FakeKernel;
using ::testing::HasSubstr;
using testing::Machine;

class CrashLoaderTest : public ::testing::Test {
 protected:
  Machine machine_;
  FakeKernel kernel_{machine_};

  LoadOutcome load(const std::optional<CrashImage>& previous = std::nullopt, bool debug = false) {
    return CrashLoader(kernel_, machine_.root(), debug).load(machine_.image(), previous);
  }
  // An image that was loaded before, of other files.
  CrashImage previous() {
    machine_.write("/vmlinuz.old", testing::bzimage());
    machine_.write("/initrd.old", "old");
    machine_.set_loaded(true);
    return {machine_.at("/vmlinuz.old"), machine_.at("/initrd.old"), "old=1"};
  }
  [[nodiscard]] ino_t inode(const std::string& path) const {
    struct stat attributes{};
    return stat(machine_.at(path).c_str(), &attributes) == 0 ? attributes.st_ino : 0;
  }
  [[nodiscard]] bool loaded() const { return crash_image_loaded(machine_.root()).value(); }
};

TEST_F(CrashLoaderTest, PassesFilesCommandLineAndFlags) {
  const LoadOutcome outcome = load();
  EXPECT_EQ(outcome.armed, Armed::wanted);
  EXPECT_FALSE(outcome.error);
  ASSERT_EQ(kernel_.calls.size(), 1U);
  EXPECT_EQ(kernel_.calls[0].kernel, inode("/vmlinuz"));
  EXPECT_EQ(kernel_.calls[0].initrd, inode("/initrd"));
  EXPECT_EQ(kernel_.calls[0].command_line, "console=ttyS0");
  EXPECT_EQ(kernel_.calls[0].flags, kFileOnCrash);
}

TEST_F(CrashLoaderTest, SaysSoWhenThereIsNoInitrd) {
  EXPECT_EQ(CrashLoader(kernel_, machine_.root()).load({machine_.at("/vmlinuz"), "", ""}, {}).armed,
            Armed::wanted);
  ASSERT_EQ(kernel_.calls.size(), 1U);
  EXPECT_EQ(kernel_.calls[0].flags, kFileOnCrash | kFileNoInitramfs);
}

TEST_F(CrashLoaderTest, RefusalLeavesTheKernelAlone) {
  machine_.set_loaded(true);
  machine_.write("/vmlinuz", "garbage");
  machine_.remove("/initrd");
  const LoadOutcome outcome = load();
  EXPECT_EQ(outcome.armed, Armed::previous);
  EXPECT_TRUE(kernel_.calls.empty());
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message(), HasSubstr("not a kernel image"));
  EXPECT_THAT(outcome.error->message(), HasSubstr("also: cannot open"));
  EXPECT_EQ(outcome.error->message().find('\n'), std::string::npos);
}

TEST_F(CrashLoaderTest, RefusalWithNothingLoadedArmsNothing) {
  machine_.write("/vmlinuz", "garbage");
  EXPECT_EQ(load().armed, Armed::nothing);
}

TEST_F(CrashLoaderTest, BusyKernelIsAskedAgain) {
  kernel_.answers = {EBUSY, EBUSY, EBUSY, 0};
  EXPECT_EQ(load().armed, Armed::wanted);
  EXPECT_EQ(kernel_.calls.size(), 4U);
  EXPECT_GT(kernel_.paused.count(), 0);
}

TEST_F(CrashLoaderTest, BusyForSecondsIsAnErrorAndThePreviousImageIsStillThere) {
  machine_.set_loaded(true);
  kernel_.answers.assign(1000, EBUSY);
  const LoadOutcome outcome = load();
  EXPECT_EQ(outcome.armed, Armed::previous);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->errno_value(), EBUSY);
  EXPECT_GE(kernel_.paused, std::chrono::seconds(3));
  EXPECT_LE(kernel_.paused, std::chrono::seconds(10));
  EXPECT_THAT(outcome.restoration, HasSubstr("still loaded"));
}

TEST_F(CrashLoaderTest, SuccessThatLoadedNothingIsAFailure) {
  kernel_.lies = true;
  const LoadOutcome outcome = load();
  EXPECT_EQ(outcome.armed, Armed::nothing);
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message(), HasSubstr("kexec_crash_loaded is 0"));
}

// Every errno that comes after the kernel has freed the image it had.
class DisarmingErrno : public CrashLoaderTest, public ::testing::WithParamInterface<int> {};

TEST_P(DisarmingErrno, ThePreviousImageIsLoadedAgain) {
  const CrashImage old = previous();
  kernel_.answers = {GetParam(), 0};
  const LoadOutcome outcome = load(old);
  EXPECT_EQ(outcome.armed, Armed::previous);
  EXPECT_TRUE(loaded());
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->errno_value(), GetParam());
  ASSERT_EQ(kernel_.calls.size(), 2U);
  EXPECT_EQ(kernel_.calls[1].kernel, inode("/vmlinuz.old"));
  EXPECT_EQ(kernel_.calls[1].initrd, inode("/initrd.old"));
  EXPECT_EQ(kernel_.calls[1].command_line, "old=1");
  EXPECT_THAT(outcome.restoration, HasSubstr("is loaded again"));
}

TEST_P(DisarmingErrno, WithoutAPreviousImageNothingIsArmedAndThatIsSaid) {
  machine_.set_loaded(true);
  kernel_.answers = {GetParam()};
  const LoadOutcome outcome = load();
  EXPECT_EQ(outcome.armed, Armed::nothing);
  EXPECT_EQ(kernel_.calls.size(), 1U);
  EXPECT_THAT(outcome.restoration, HasSubstr("no capture kernel is loaded now"));
}

INSTANTIATE_TEST_SUITE_P(Load, DisarmingErrno,
                         ::testing::Values(EINVAL, ENOEXEC, EADDRNOTAVAIL, ENOMEM, EACCES, ENOKEY,
                                           EKEYREJECTED, ENODATA, ELIBBAD, EBADMSG, EMSGSIZE, ENOPKG, 524,
                                           EFBIG, EIO, ETXTBSY, EBADF, EFAULT));

class HarmlessErrno : public CrashLoaderTest, public ::testing::WithParamInterface<int> {};

TEST_P(HarmlessErrno, LeavesThePreviousImageAndDoesNotLoadItAgain) {
  const CrashImage old = previous();
  kernel_.answers = {GetParam()};
  const LoadOutcome outcome = load(old);
  EXPECT_EQ(outcome.armed, Armed::previous);
  EXPECT_EQ(kernel_.calls.size(), 1U);
  EXPECT_EQ(outcome.error->errno_value(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Load, HarmlessErrno, ::testing::Values(EPERM, ENOSYS));

TEST_F(CrashLoaderTest, FailureToRestoreIsReportedToo) {
  const CrashImage old = previous();
  kernel_.answers = {ENOMEM, EIO};
  const LoadOutcome outcome = load(old);
  EXPECT_EQ(outcome.armed, Armed::nothing);
  EXPECT_EQ(outcome.error->errno_value(), ENOMEM);
  EXPECT_THAT(outcome.restoration,
              HasSubstr("no capture kernel is loaded now: cannot load the previous image"));
  EXPECT_THAT(outcome.restoration, HasSubstr("input/output error"));
}

TEST_F(CrashLoaderTest, PreviousImageComesFromTheRecordWhenNoneIsGiven) {
  const CrashImage old = previous();
  ASSERT_EQ(CrashLoader(kernel_, machine_.root()).load(old, {}).armed, Armed::wanted);
  kernel_.answers = {EADDRNOTAVAIL, 0};
  const LoadOutcome outcome = load();
  EXPECT_EQ(outcome.armed, Armed::previous);
  ASSERT_EQ(kernel_.calls.size(), 3U);
  EXPECT_EQ(kernel_.calls[2].kernel, inode("/vmlinuz.old"));
  EXPECT_EQ(kernel_.calls[2].command_line, "old=1");
}

TEST_F(CrashLoaderTest, SuccessIsRecordedAndUnloadForgets) {
  ASSERT_EQ(load().armed, Armed::wanted);
  const auto record = read_record(machine_.root());
  ASSERT_TRUE(record && record->has_value());
  EXPECT_EQ((*record)->kernel, machine_.at("/vmlinuz"));
  ASSERT_TRUE(CrashLoader(kernel_, machine_.root()).unload());
  EXPECT_FALSE(loaded());
  EXPECT_EQ(read_record(machine_.root()).value(), std::nullopt);
}

TEST_F(CrashLoaderTest, RecordThatCannotBeWrittenIsAWarning) {
  machine_.write("/run", "a file where a folder should be");
  const LoadOutcome outcome = load();
  EXPECT_EQ(outcome.armed, Armed::wanted);
  EXPECT_FALSE(outcome.error);
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_FALSE(outcome.findings[0].refuses);
}

TEST_F(CrashLoaderTest, DebugFlagIsLeftOutWhereTheKernelDoesNotKnowIt) {
  kernel_.answers = {EINVAL, 0};
  EXPECT_EQ(load({}, true).armed, Armed::wanted);
  ASSERT_EQ(kernel_.calls.size(), 2U);
  EXPECT_EQ(kernel_.calls[0].flags, kFileOnCrash | kFileDebug);
  EXPECT_EQ(kernel_.calls[1].flags, kFileOnCrash);
}

TEST_F(CrashLoaderTest, TraceTellsTheStory) {
  kernel_.answers = {ENOMEM};
  const LoadOutcome outcome = load();
  const auto has = [&](const char* text) {
    EXPECT_THAT(outcome.trace, ::testing::Contains(HasSubstr(text)));
  };
  has("crash kernel memory: 0x60000000-0x68000000 (128.0 MiB)");
  has("init_size 0x2000000");
  has("initrd");
  has("command line (14 bytes with its end): console=ttyS0");
  has("kexec_file_load(flags 0x2): cannot allocate memory");
  has("result: cannot load");
}

TEST_F(CrashLoaderTest, UnloadsWithTheRightFlagsAndExplainsFailures) {
  machine_.set_loaded(true);
  ASSERT_TRUE(CrashLoader(kernel_, machine_.root()).unload());
  EXPECT_EQ(kernel_.calls.back().flags, kFileUnload | kFileOnCrash);
  ASSERT_TRUE(CrashLoader(kernel_, machine_.root()).unload_reboot_image());
  EXPECT_EQ(kernel_.calls.back().flags, kFileUnload);
  kernel_.answers = {EPERM};
  machine_.write("/proc/sys/kernel/kexec_load_disabled", "1\n");
  const Status refused = CrashLoader(kernel_, machine_.root()).unload();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("cannot unload: operation not permitted: kernel.kexec_load_disabled is 1"));
}

}  // namespace
}  // namespace kdump::kexec
