// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cli/kexec/intercepted_run.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <sstream>
#include <stdexcept>

#include "common/fd.h"

namespace kdump::kexec::testing {
namespace {

constexpr int kSetupFailed = 99;

// Child side: nothing but system calls and exit, since it is a fork of a test program.

[[noreturn]] void give_up(const char* what) {
  dprintf(STDERR_FILENO, "sandbox: %s: %s\n", what, strerror(errno));
  _exit(kSetupFailed);
}

void write_file(const char* path, const std::string& text) {
  const UniqueFd fd(open(path, O_WRONLY | O_CLOEXEC));
  if (!fd || write(fd.get(), text.data(), text.size()) < 0) give_up(path);
}

void enter_namespaces() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  if (unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) != 0) give_up("unshare");
  if (uid == 0) return;
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", fmt::format("0 {} 1", uid));
  write_file("/proc/self/gid_map", fmt::format("0 {} 1", gid));
}

void enter_machine(const Machine& machine) {
  enter_namespaces();
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up("make mounts private");
  for (const char* path :
       {"/proc/iomem", "/proc/cmdline", "/proc/cpuinfo", "/proc/sys/kernel", "/sys/kernel", "/run"}) {
    if (mount(machine.at(path).c_str(), path, nullptr, MS_BIND, nullptr) != 0) give_up(path);
  }
}

// The descriptor on which calls of kexec_file_load are announced.
int catch_loads() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kexec_file_load, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kexec_load, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up("no_new_privs");
  const long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (fd < 0) give_up("seccomp");
  return static_cast<int>(fd);
}

// A message of one byte that carries one descriptor.
struct Parcel {
  char byte = 'x';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};

  Parcel() {
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
};

void send_descriptor(int socket, int fd) {
  Parcel parcel;
  cmsghdr* header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(socket, &parcel.message, 0) != 1) give_up("sendmsg");
}

[[noreturn]] void become_program(const RunRequest& request, const Machine& machine, int socket) {
  enter_machine(machine);
  if (!request.capable && prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0) != 0) give_up("drop CAP_SYS_BOOT");
  send_descriptor(socket, catch_loads());
  std::vector<std::string> words{KEXEC_PROGRAM};
  words.insert(words.end(), request.arguments.begin(), request.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  give_up(KEXEC_PROGRAM);
}

// Our side.

UniqueFd receive_descriptor(int socket) {
  Parcel parcel;
  const ssize_t got = recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC);
  const cmsghdr* header = got == 1 ? CMSG_FIRSTHDR(&parcel.message) : nullptr;
  if (header == nullptr) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

UniqueFd copy_descriptor(int pidfd, uint64_t number) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, static_cast<int>(number), 0)));
}

// The bytes as they were passed, so that a missing NUL shows.
std::string read_memory(pid_t pid, uint64_t address, uint64_t size) {
  std::string bytes(size, '?');
  const iovec local{bytes.data(), bytes.size()};
  const iovec remote{reinterpret_cast<void*>(address), size};  // NOLINT(performance-no-int-to-ptr)
  if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != static_cast<ssize_t>(size)) return "unreadable";
  return bytes;
}

int answer_load(const seccomp_notif& call, int pidfd, FakeKernel& kernel) {
  const auto pid = static_cast<pid_t>(call.pid);
  const UniqueFd kernel_fd = copy_descriptor(pidfd, call.data.args[0]);
  const UniqueFd initrd_fd = copy_descriptor(pidfd, call.data.args[1]);
  std::string text = read_memory(pid, call.data.args[3], call.data.args[2]);
  if (text.empty() || text.back() != '\0') return EINVAL;
  text.pop_back();
  return kernel.kexec_file_load(kernel_fd.get(), initrd_fd.get(), text, call.data.args[4]);
}

void serve(int listener, int pidfd, FakeKernel& kernel) {
  while (true) {
    pollfd waits[] = {{listener, POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (poll(waits, std::size(waits), -1) < 0 && errno != EINTR) throw std::runtime_error("poll");
    if ((waits[0].revents & POLLIN) != 0) {
      seccomp_notif call{};
      if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
      seccomp_notif_resp response{};
      response.id = call.id;
      response.error = -answer_load(call, pidfd, kernel);
      ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    } else if ((waits[1].revents & POLLIN) != 0) {
      return;
    }
  }
}

std::string slurp(int fd) {
  std::string text(1 << 20, '\0');
  text.resize(pread_up_to(fd, std::as_writable_bytes(std::span(text)), 0).value());
  return text;
}

}  // namespace

RunResult run_intercepted(const RunRequest& request, const Machine& machine, FakeKernel& kernel) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    throw std::runtime_error("socketpair");
  const UniqueFd ours(sockets[0]);
  UniqueFd theirs(sockets[1]);
  const UniqueFd output(memfd_create("output", MFD_CLOEXEC));
  const UniqueFd messages(memfd_create("messages", MFD_CLOEXEC));

  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) {
    dup2(output.get(), STDOUT_FILENO);
    dup2(messages.get(), STDERR_FILENO);
    become_program(request, machine, theirs.get());
  }
  theirs.reset();
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const UniqueFd listener = receive_descriptor(ours.get());
  if (listener) serve(listener.get(), pidfd.get(), kernel);

  int state = 0;
  waitpid(pid, &state, 0);
  RunResult result{WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state), slurp(output.get()),
                   slurp(messages.get())};
  if (!listener || result.exit_status == kSetupFailed) throw std::runtime_error(result.messages);
  return result;
}

}  // namespace kdump::kexec::testing
