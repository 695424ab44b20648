// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/console.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;

// A console and a kmsg that can be read back.
class Screen {
 public:
  Screen() : console_(memfd_create("console", 0)), kmsg_(memfd_create("kmsg", 0)) {}
  [[nodiscard]] Console console() const {
    return Console(UniqueFd(dup(console_.get())), UniqueFd(dup(kmsg_.get())));
  }
  [[nodiscard]] std::string shown() const { return content(console_.get()); }
  [[nodiscard]] std::string logged() const { return content(kmsg_.get()); }

 private:
  static std::string content(int fd) {
    std::string text(file_size(fd).value_or(0), '\0');
    EXPECT_TRUE(pread_exact(fd, std::as_writable_bytes(std::span(text)), 0));
    return text;
  }
  UniqueFd console_;
  UniqueFd kmsg_;
};

TEST(Console, ALineGoesToBoth) {
  const Screen screen;
  Console console = screen.console();
  console.say("mount /dev/vda");
  EXPECT_EQ(screen.shown(), "kdump: mount /dev/vda\r\n");
  EXPECT_EQ(screen.logged(), "<15>kdump: mount /dev/vda\n");
}

TEST(Console, ForeignBytesCannotMakeALineOfTheirOwn) {
  const Screen screen;
  Console console = screen.console();
  console.say("a\n<0>kdump: b\x1b[2J\xff");
  EXPECT_EQ(screen.logged(), "<15>kdump: a?<0>kdump: b?[2J?\n");
}

TEST(Console, TheDeadKernelsLogIsNotLoggedAgain) {
  const Screen screen;
  Console console = screen.console();
  console.print("[    1.000000] Kernel panic");
  EXPECT_EQ(screen.shown(), "[    1.000000] Kernel panic\r\n");
  EXPECT_EQ(screen.logged(), "");
}

TEST(Console, TheBarEndsFullAndOnALineOfItsOwn) {
  const Screen screen;
  Console console = screen.console();
  console.start_progress("Copying data", 10);
  console.progress(5);
  console.finish_progress();
  console.say("saved");
  EXPECT_NE(screen.shown().find("100%"), std::string::npos);
  EXPECT_NE(screen.shown().find("\r\nkdump: saved\r\n"), std::string::npos);
}

TEST(Console, AnAbandonedBarStaysWhereItStood) {
  const Screen screen;
  Console console = screen.console();
  console.start_progress("Copying data", 10);
  console.progress(5);
  console.end_progress();
  EXPECT_NE(screen.shown().find(" 50%"), std::string::npos);
  EXPECT_EQ(screen.shown().find("100%"), std::string::npos);
}

TEST(Console, AStepWithoutATotalHasNoBar) {
  const Screen screen;
  Console console = screen.console();
  console.start_progress("Syncing", 0);
  console.progress(5);
  console.finish_progress();
  EXPECT_EQ(screen.shown(), "");
}

TEST(Console, WithoutDescriptorsNothingHappens) {
  Console console{UniqueFd(), UniqueFd()};
  console.say("nobody hears this");
  console.start_progress("x", 1);
  console.finish_progress();
}

TEST(Console, ABlockedConsoleDoesNotHoldTheCapture) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  const UniqueFd read_end(ends[0]);
  Console console{UniqueFd(ends[1]), UniqueFd()};
  const std::string line(900, 'x');
  for (int i = 0; i < 75; ++i) console.say(line);  // more than the pipe takes
}

TEST(ProgressBar, TellsPartAndTimeLeft) {
  EXPECT_EQ(progress_bar("Copying data", 0, 100, milliseconds(0)),
            "Copying data         [..............................]   0%  0s");
  EXPECT_EQ(progress_bar("Copying data", 50, 100, milliseconds(10000)),
            "Copying data         [###############...............]  50%  10s left");
  EXPECT_EQ(progress_bar("Copying data", 100, 100, milliseconds(20000)),
            "Copying data         [##############################] 100%  20s");
}

TEST(ProgressBar, HostileNumbersStayInTheFrame) {
  EXPECT_NE(progress_bar("x", UINT64_MAX, 1, milliseconds(1)).find("100%"), std::string::npos);
  EXPECT_NE(progress_bar("x", 1, UINT64_MAX, milliseconds(1000000)).find("  0%"), std::string::npos);
  EXPECT_NE(progress_bar("x", 0, 0, milliseconds(0)).find("100%"), std::string::npos);
  EXPECT_LT(progress_bar(std::string(5000, 'x'), 1, 2, milliseconds(1)).size(), 120U);
}

}  // namespace
}  // namespace kdump::capture
