// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "common/fd.h"
#include "initramfs/capture/pipe.h"

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kPath = "PATH=/bin:/sbin:/usr/bin:/usr/sbin";
constexpr int kCannotExecute = 127;
constexpr int kLook = 200;           // milliseconds between two looks at the deadline
constexpr size_t kDrainRounds = 64;  // of 4 KiB: a chatty program must not keep us from the deadline

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

// In the child; returns only when it cannot be done.
int execute(char* const* argv, int output) {
  char* const environment[] = {const_cast<char*>(kPath), nullptr};
  const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (setsid() < 0 || chdir("/") != 0 || null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
      dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
    return kCannotExecute;
  execve(argv[0], argv, environment);
  const std::string text = "cannot be run: " + errno_text(errno) + "\n";
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, text.data(), text.size());
  return kCannotExecute;
}

void read_lines(int fd, protocol::LineReader& reader, WorkerListener& listener) {
  std::array<char, 4096> buffer{};
  for (size_t round = 0; round < kDrainRounds; ++round) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n <= 0) return;
    for (const std::string& line : reader.feed({buffer.data(), static_cast<size_t>(n)}))
      listener.on_output(line);
  }
}

// Whether it ended before the deadline.
bool watch(const Child& child, int output, SteadyTime deadline, WorkerListener& listener) {
  protocol::LineReader reader;
  while (true) {
    pollfd item{child.pidfd(), POLLIN, 0};
    const bool ended = poll(&item, 1, kLook) > 0;
    read_lines(output, reader, listener);
    if (ended || steady_clock::now() >= deadline) break;
  }
  for (const std::string& rest : reader.feed("\n"))
    if (!rest.empty()) listener.on_output(rest);
  pollfd item{child.pidfd(), POLLIN, 0};
  return poll(&item, 1, 0) > 0;
}

}  // namespace

Result<ExitState> run_program(const std::vector<std::string>& argv, SteadyTime deadline,
                              WorkerListener& listener) {
  Pipe output = TRY(make_pipe());
  const std::vector<char*> words = pointers(argv);
  Child child = TRY(spawn_function([&] { return execute(words.data(), output.write_end.get()); }));
  output.write_end.reset();
  const bool ended = watch(child, output.read_end.get(), deadline, listener);
  // The session's number is the child's, which is not reaped yet: nobody else's can be meant.
  ::kill(-child.pid(), SIGKILL);
  ExitState state = TRY(child.wait(steady_clock::now() + std::chrono::seconds(1)));
  if (!ended) state = ExitState{.timed_out = true};
  return state;
}

Status run_console_shell() {
  const std::string busybox = plan::kShellInImage;
  // The names of its commands, where nothing else has them.
  Child names = TRY(spawn({.argv = {busybox, "--install", "-s", "/bin"}, .environment = {kPath}}));
  TRY(names.wait(steady_clock::now() + std::chrono::seconds(10)));
  Child shell = TRY(spawn_function([&] {
    const int console = open("/dev/console", O_RDWR);
    if (console < 0 || setsid() < 0) return kCannotExecute;
    ioctl(console, TIOCSCTTY, 1);  // without it there is no job control, but a shell all the same
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(console, fd);
    char name[] = "sh";
    char prompt[] = "PS1=kdump:\\w# ";
    char* const argv[] = {name, nullptr};
    char* const environment[] = {const_cast<char*>(kPath), prompt, nullptr};
    if (chdir("/") != 0) return kCannotExecute;
    execve(busybox.c_str(), argv, environment);
    return kCannotExecute;
  }));
  const ExitState ended = TRY(shell.wait());
  if (ended.signal == 0 && ended.code == kCannotExecute) return fail("cannot run {}", busybox);
  return {};
}

}  // namespace kdump::capture
