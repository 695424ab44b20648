// SPDX-License-Identifier: GPL-2.0-or-later
// kexec(8) from outside: its exit statuses, its messages, and what it really asks of the kernel.
#include <gmock/gmock.h>

#include "common/file.h"
#include "common/text.h"
#include "kexec/record.h"
#include "tests/cli/kexec/intercepted_run.h"

namespace kdump::kexec {
namespace {

using testing::FakeKernel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Machine;
using ::testing::Not;
using testing::RunResult;

class KexecProgram : public ::testing::Test {
 protected:
  KexecProgram() {
    machine_.write(
        "/proc/cmdline",
        "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 crashkernel=1G-:256M crashkernel=64M,low quiet -- single\n");
    machine_.write("/run/.keep", "");
  }

  RunResult run(const std::vector<std::string>& arguments, bool capable = true) {
    return testing::run_intercepted({arguments, capable}, machine_, kernel_);
  }
  RunResult load(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"-s", "-p", "--initrd=" + machine_.at("/initrd"),
                                       machine_.at("/vmlinuz")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  [[nodiscard]] bool loaded() const { return crash_image_loaded(machine_.root()).value(); }
  [[nodiscard]] ino_t inode(const std::string& path) const {
    struct stat attributes{};
    return stat(machine_.at(path).c_str(), &attributes) == 0 ? attributes.st_ino : 0;
  }

  Machine machine_;
  FakeKernel kernel_{machine_};
};

TEST_F(KexecProgram, LoadsSilently) {
  const RunResult result = load({"--command-line=panic=10 a=\"b c\""});
  EXPECT_EQ(result.exit_status, 0) << result.messages;
  EXPECT_THAT(result.output + result.messages, IsEmpty());
  ASSERT_EQ(kernel_.calls.size(), 1U);
  EXPECT_EQ(kernel_.calls[0].kernel, inode("/vmlinuz"));
  EXPECT_EQ(kernel_.calls[0].initrd, inode("/initrd"));
  EXPECT_EQ(kernel_.calls[0].command_line, "panic=10 a=\"b c\"");
  EXPECT_EQ(kernel_.calls[0].flags, kFileOnCrash);
  EXPECT_TRUE(loaded());
}

// The calls the distributions' scripts make (kdumpctl, SUSE's load.sh, kdump-config).
TEST_F(KexecProgram, TakesTheOptionsOfTheDistributionsInAnyOrder) {
  const std::string kernel = machine_.at("/vmlinuz");
  const std::string initrd = machine_.at("/initrd");
  EXPECT_EQ(run({"-s", "-d", "-p", "--command-line=x", "--initrd=" + initrd, kernel}).exit_status, 0);
  EXPECT_EQ(run({"-p", kernel, "--append=x", "--initrd=" + initrd, "-a"}).exit_status, 0);
  EXPECT_EQ(
      run({"--load-panic", "--kexec-file-syscall", "--append", "x", "--ramdisk", initrd, kernel, "--hotplug"})
          .exit_status,
      0);
  EXPECT_EQ(run({"-ps", "--initr=" + initrd, kernel}).exit_status, 0);
  EXPECT_EQ(kernel_.calls.size(), 4U);
}

TEST_F(KexecProgram, LastCommandLineCountsAndIsNotMixedWithTheRunningOne) {
  load({"--command-line=first", "--append=second"});
  ASSERT_EQ(kernel_.calls.size(), 1U);
  EXPECT_EQ(kernel_.calls[0].command_line, "second");
}

TEST_F(KexecProgram, ReusesTheRunningCommandLine) {
  load({"--reuse-cmdline", "--append=nr_cpus=1"});
  ASSERT_EQ(kernel_.calls.size(), 1U);
  EXPECT_EQ(kernel_.calls[0].command_line, "root=/dev/vda1 quiet nr_cpus=1 -- single");
}

TEST_F(KexecProgram, WithoutCommandLinePassesAnEmptyOne) {
  EXPECT_EQ(load().exit_status, 0);
  EXPECT_EQ(kernel_.calls.at(0).command_line, "");
}

TEST_F(KexecProgram, StatusIsTheFlagItself) {
  EXPECT_EQ(run({"-S"}).exit_status, 0);
  machine_.set_loaded(true);
  EXPECT_EQ(run({"-S"}).exit_status, 1);
  EXPECT_EQ(run({"-p", "--status", "-u"}).exit_status, 1);
  EXPECT_EQ(run({"-l", "-S"}).exit_status, 0);
  machine_.write("/sys/kernel/kexec_loaded", "1\n");
  EXPECT_EQ(run({"-l", "-S"}).exit_status, 1);
  machine_.remove("/sys/kernel/kexec_crash_loaded");
  EXPECT_EQ(run({"-S"}).exit_status, 255);
  EXPECT_THAT(kernel_.calls, IsEmpty());
}

TEST_F(KexecProgram, Unloads) {
  load();
  EXPECT_EQ(run({"-p", "-u"}).exit_status, 0);
  EXPECT_EQ(kernel_.calls.back().flags, kFileUnload | kFileOnCrash);
  EXPECT_FALSE(loaded());
  EXPECT_EQ(run({"-p", "-u"}).exit_status, 0) << "nothing loaded is fine";
  EXPECT_EQ(run({"-u"}).exit_status, 0);
  EXPECT_EQ(kernel_.calls.back().flags, kFileUnload);
}

TEST_F(KexecProgram, UnloadFailureIsExplained) {
  kernel_.answers = {EPERM};
  machine_.write("/proc/sys/kernel/kexec_load_disabled", "1\n");
  const RunResult result = run({"-p", "-u"});
  EXPECT_EQ(result.exit_status, 255);
  EXPECT_THAT(result.messages, HasSubstr("kexec_load_disabled is 1"));
}

TEST_F(KexecProgram, PrintsTheSizeOfTheRangeImagesGoInto) {
  EXPECT_EQ(run({"--print-ckr-size"}).output, "134217728\n");
  machine_.write("/proc/iomem", "06000000-15ffffff : Crash kernel\n130000000-133ffffff : Crash kernel\n");
  EXPECT_EQ(run({"--print-ckr-size"}).output, "67108864\n");
  machine_.write("/proc/iomem", "00100000-7ffdefff : System RAM\n");
  EXPECT_EQ(run({"--print-ckr-size"}).output, "0\n");
}

TEST_F(KexecProgram, NoReservationIsStatus1BeforeAnyCall) {
  machine_.write("/proc/iomem", "00100000-7ffdefff : System RAM\n");
  const RunResult result = load();
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.messages, HasSubstr("no memory is reserved for a capture kernel"));
  EXPECT_THAT(kernel_.calls, IsEmpty());
}

TEST_F(KexecProgram, HiddenAddressesAreAMatterOfPermission) {
  machine_.write("/proc/iomem", "00000000-00000000 : System RAM\n  00000000-00000000 : Crash kernel\n");
  const RunResult result = load();
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.messages, HasSubstr("hides the addresses"));
  EXPECT_THAT(result.messages, Not(HasSubstr("reserved")));
}

TEST_F(KexecProgram, WithoutTheCapabilityTheKernelIsNotAsked) {
  const RunResult result = run({"-p", machine_.at("/vmlinuz")}, false);
  EXPECT_EQ(result.exit_status, 255);
  EXPECT_THAT(result.messages, HasSubstr("lacks CAP_SYS_BOOT"));
  EXPECT_THAT(kernel_.calls, IsEmpty());
}

TEST_F(KexecProgram, WrongKernelFilesAreNamedAndTheLoadedImageStays) {
  machine_.set_loaded(true);
  for (const auto& [content, message] :
       {std::pair{std::string("\x1f\x8b\x08"), "gzip file"},
        {std::string("MZ") + std::string(70000, '\xff'), "not a kernel image"},
        {std::string(), "is empty"},
        {testing::bzimage().substr(0, 1000), "truncated bzImage"}}) {
    machine_.write("/vmlinuz", content);
    const RunResult result = load();
    EXPECT_EQ(result.exit_status, 255);
    EXPECT_THAT(result.messages, HasSubstr(message));
    EXPECT_THAT(result.messages, HasSubstr("kexec: the previous image is still loaded\n"));
  }
  EXPECT_TRUE(loaded());
  EXPECT_THAT(kernel_.calls, IsEmpty());
}

TEST_F(KexecProgram, EveryFindingIsALineOfItsOwn) {
  machine_.write("/vmlinuz", "text");
  machine_.remove("/initrd");
  const RunResult result = load({"--append=" + std::string(3000, 'x')});
  const auto lines = split_lines(result.messages);
  EXPECT_EQ(lines.size(), 3U) << result.messages;
  for (const std::string_view line : lines) EXPECT_TRUE(line.starts_with("kexec: ")) << line;
}

TEST_F(KexecProgram, FailedLoadBringsBackTheImageOfTheRecord) {
  ASSERT_EQ(load({"--append=good"}).exit_status, 0);
  machine_.write("/initrd2", "another");
  kernel_.answers = {EADDRNOTAVAIL, 0};
  const RunResult result =
      run({"-p", "--append=bad", "--initrd=" + machine_.at("/initrd2"), machine_.at("/vmlinuz")});
  EXPECT_EQ(result.exit_status, 255);
  EXPECT_THAT(result.messages, HasSubstr("cannot assign requested address: kernel and initrd do not fit"));
  EXPECT_THAT(result.messages, HasSubstr("the previous image is loaded again"));
  ASSERT_EQ(kernel_.calls.size(), 3U);
  EXPECT_EQ(kernel_.calls[2].initrd, inode("/initrd"));
  EXPECT_EQ(kernel_.calls[2].command_line, "good");
  EXPECT_TRUE(loaded());
}

TEST_F(KexecProgram, WaitsForABusyKernel) {
  kernel_.answers = {EBUSY, EBUSY, 0};
  EXPECT_EQ(load().exit_status, 0);
  EXPECT_EQ(kernel_.calls.size(), 3U);
}

struct ErrnoText {
  int errno_value;
  const char* text;
};

class KexecErrno : public KexecProgram, public ::testing::WithParamInterface<ErrnoText> {};

TEST_P(KexecErrno, IsExplainedInOneLineAndNothingIsSaidToBeArmed) {
  kernel_.answers = {GetParam().errno_value};
  const RunResult result = load();
  EXPECT_EQ(result.exit_status, 255);
  EXPECT_THAT(result.messages, HasSubstr(GetParam().text));
  EXPECT_THAT(result.messages, HasSubstr("kexec: no capture kernel is loaded now"));
  EXPECT_EQ(split_lines(result.messages).size(), 2U) << result.messages;
  EXPECT_FALSE(loaded());
}

INSTANTIATE_TEST_SUITE_P(
    Load, KexecErrno,
    ::testing::Values(ErrnoText{EPERM, "security module"}, ErrnoText{EACCES, "IMA or SELinux"},
                      ErrnoText{ENOKEY, "enrol the key"}, ErrnoText{EKEYREJECTED, "signature is bad"},
                      ErrnoText{ENODATA, "carries no signature"}, ErrnoText{ELIBBAD, "PE structure"},
                      ErrnoText{EBADMSG, "signature is damaged"}, ErrnoText{EMSGSIZE, "signature is damaged"},
                      ErrnoText{ENOPKG, "algorithm"}, ErrnoText{524, "not of a kind"},
                      ErrnoText{ENOEXEC, "does not load images of that kind"}, ErrnoText{EINVAL, "see dmesg"},
                      ErrnoText{EADDRNOTAVAIL, "128.0 MiB"}, ErrnoText{ENOMEM, "not enough free memory"},
                      ErrnoText{EFBIG, "larger than"}, ErrnoText{EIO, "check the disk"},
                      ErrnoText{ETXTBSY, "open for writing"}, ErrnoText{ENOSYS, "CONFIG_KEXEC_FILE"},
                      ErrnoText{EBADF, "fault of this program"}, ErrnoText{EFAULT, "fault of this program"}));

struct BadUsage {
  std::vector<std::string> arguments;
  const char* message;
};

class KexecUsage : public KexecProgram, public ::testing::WithParamInterface<BadUsage> {};

TEST_P(KexecUsage, IsStatus1AndNothingIsDone) {
  const RunResult result = run(GetParam().arguments);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.messages, HasSubstr(GetParam().message));
  EXPECT_THAT(result.output, IsEmpty());
  EXPECT_THAT(kernel_.calls, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Words, KexecUsage,
    ::testing::Values(BadUsage{{"-p"}, "no kernel is given"}, BadUsage{{}, "not built; give -p"},
                      BadUsage{{"/k"}, "not built; give -p"},
                      BadUsage{{"-l", "/k"}, "loading a kernel for reboot is not built"},
                      BadUsage{{"-p", "/a", "/b"}, "one kernel can be loaded, 2 are given"},
                      BadUsage{{"-c", "-p", "/k"}, "kexec_load(2) is not built"},
                      BadUsage{{"-e"}, "not built; use systemctl kexec"},
                      BadUsage{{"-p", "--initrd"}, "option --initrd needs an argument"},
                      BadUsage{{"-p", "--initrd=", "/k"}, "the path is empty"},
                      BadUsage{{"--mem-min=1"}, "--mem-min"}));

TEST_F(KexecProgram, DebugTellsWhatIsDoneOnStandardError) {
  kernel_.answers = {EINVAL, 0};
  const RunResult result = load({"-d", "--append=quiet"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.output, IsEmpty());
  for (const char* text :
       {"crash kernel memory: 0x60000000-0x68000000", "x86 bzImage", "initrd ", "needs 34.0 MiB",
        "command line (6 bytes with its end): quiet", "result: loaded"}) {
    EXPECT_THAT(result.messages, HasSubstr(text));
  }
  ASSERT_EQ(kernel_.calls.size(), 2U);
  EXPECT_EQ(kernel_.calls[0].flags, kFileOnCrash | kFileDebug);
}

TEST_F(KexecProgram, HelpAndVersion) {
  EXPECT_EQ(run({"-v"}).output, "kexec (kdump) " KDUMP_VERSION "\n");
  const RunResult help = run({"--help"});
  EXPECT_EQ(help.exit_status, 0);
  EXPECT_THAT(help.output, HasSubstr("--load-panic"));
}

// A word of the help that is an option, without what follows it.
std::vector<std::string> options_of(std::string_view help) {
  std::vector<std::string> options;
  for (const std::string_view word : split_words(help)) {
    if (!word.starts_with("--")) continue;
    options.emplace_back(word.substr(2, word.find_first_of("=,:)", 2) - 2));
  }
  return options;
}

TEST_F(KexecProgram, ManPageHasEveryOptionOfTheHelp) {
  std::string page = read_text_file(KDUMP_SOURCE_DIR "/kexec/kexec.8").value();
  std::erase(page, '\\');
  const auto options = options_of(run({"-h"}).output);
  EXPECT_GT(options.size(), 15U);
  for (const std::string& option : options) EXPECT_THAT(page, HasSubstr("Fl -" + option));
}

}  // namespace
}  // namespace kdump::kexec
