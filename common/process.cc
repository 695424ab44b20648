// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/process.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace kdump {
namespace {

using std::chrono::milliseconds;

constexpr int kExecFailed = 127;  // the shell's convention
constexpr size_t kMaxCaptured = size_t{1} << 20;

int milliseconds_until(std::optional<SteadyTime> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT32_MAX));
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

bool install_fd(int ours, int number) {
  if (ours == number) return fcntl(number, F_SETFD, 0) == 0;  // dup2 onto itself would keep O_CLOEXEC
  return dup2(ours, number) >= 0;
}

bool install_fds(const SpawnRequest& request) {
  const int null_fd = request.stdin_fd < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : request.stdin_fd;
  if (null_fd < 0 || !install_fd(null_fd, STDIN_FILENO)) return false;
  if (request.stdout_fd >= 0 && !install_fd(request.stdout_fd, STDOUT_FILENO)) return false;
  if (request.stderr_fd >= 0 && !install_fd(request.stderr_fd, STDERR_FILENO)) return false;
  for (const auto& [ours, number] : request.extra_fds) {
    if (!install_fd(ours, number)) return false;
  }
  return true;
}

[[noreturn]] void execute(const SpawnRequest& request, char** argv, char** environment) {
  if (install_fds(request)) execve(argv[0], argv, environment);
  const std::string text = fmt::format("cannot execute {}: {}\n", argv[0], errno_text(errno));
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, text.data(), text.size());
  _exit(kExecFailed);
}

Result<Child> adopt(pid_t pid) {
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return fail_errno(errno, "cannot watch process {}", pid);
  return Child(pid, std::move(pidfd));
}

// Children start with default signal handling whatever the parent blocks.
void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
}

// Appends what the pipe holds; false at its end.
Result<bool> drain(int fd, std::string& output) {
  char buffer[4096];
  const ssize_t n = read(fd, buffer, sizeof buffer);
  if (n < 0 && errno == EINTR) return true;
  if (n < 0) return fail_errno(errno, "cannot read a program's output");
  const size_t room = kMaxCaptured - std::min(output.size(), kMaxCaptured);
  output.append(buffer, std::min(static_cast<size_t>(n), room));
  return n > 0;
}

Status collect(int fd, SteadyTime deadline, std::string& output) {
  while (true) {
    pollfd item{fd, POLLIN, 0};
    const int ready = poll(&item, 1, milliseconds_until(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return fail_errno(errno, "cannot wait for a program's output");
    if (ready == 0 || !TRY(drain(fd, output))) return {};
  }
}

}  // namespace

std::string ExitState::describe() const {
  if (timed_out) return "did not finish in time";
  if (signal != 0) return fmt::format("killed by signal {} ({})", signal, strsignal(signal));
  return fmt::format("exited with status {}", code);
}

void Child::kill(int signal) const { syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0); }

Result<bool> Child::ended_by(std::optional<SteadyTime> deadline) const {
  while (true) {
    pollfd item{pidfd_.get(), POLLIN, 0};
    const int ready = poll(&item, 1, milliseconds_until(deadline));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return fail_errno(errno, "cannot wait for process {}", pid_);
  }
}

Result<ExitState> Child::reap() const {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno(errno, "cannot reap process {}", pid_);
  }
  if (WIFSIGNALED(status)) return ExitState{.signal = WTERMSIG(status)};
  return ExitState{.code = WEXITSTATUS(status)};
}

Result<ExitState> Child::wait(std::optional<SteadyTime> deadline) {
  if (TRY(ended_by(deadline))) return reap();
  kill(SIGKILL);
  // A process in uninterruptible sleep outlives SIGKILL; reaping it would hang with it.
  if (TRY(ended_by(std::chrono::steady_clock::now() + std::chrono::seconds(1)))) TRY(reap());
  return ExitState{.timed_out = true};
}

Result<Child> spawn(const SpawnRequest& request) {
  // Everything that allocates happens before the fork.
  const std::vector<char*> argv = pointers(request.argv);
  const std::vector<char*> environment = pointers(request.environment);
  char** const env = request.environment.empty() ? environ : const_cast<char**>(environment.data());
  const pid_t pid = fork();
  if (pid < 0) return fail_errno(errno, "cannot start {}", request.argv.front());
  if (pid == 0) {
    reset_signals();
    execute(request, const_cast<char**>(argv.data()), env);
  }
  return adopt(pid);
}

Result<Child> spawn_function(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid < 0) return fail_errno(errno, "cannot fork");
  if (pid == 0) {
    reset_signals();
    _exit(body());
  }
  return adopt(pid);
}

Result<CapturedOutput> run_captured(const std::vector<std::string>& argv, std::chrono::milliseconds timeout) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "cannot create a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  Child child = TRY(
      spawn({.argv = argv, .environment = {}, .stdout_fd = write_end.get(), .stderr_fd = write_end.get()}));
  write_end.reset();
  CapturedOutput result;
  TRY(collect(read_end.get(), deadline, result.output));
  result.exit = TRY(child.wait(deadline));
  return result;
}

}  // namespace kdump
