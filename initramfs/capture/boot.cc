// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/boot.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "common/process.h"

namespace kdump::capture {
namespace {

using std::chrono::seconds;

constexpr seconds kPatience{10};  // with a reboot that was asked for in the ordinary way
constexpr int kHighestStandardFd = 2;

struct Filesystem {
  const char* type;
  const char* where;
  unsigned long flags;
  const char* data;
};

constexpr Filesystem kFilesystems[] = {
    {"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
    {"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
    {"devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755"},
    {"tmpfs", "/run", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755"},
    {"tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777"},
};

struct Way {
  plan::Action action;
  unsigned command;   // for reboot(2)
  char sysrq;         // the hard way; 0: there is none, and a halted machine may as well stand here
  const char* doing;  // for the console
};

constexpr Way kWays[] = {
    {plan::Action::reboot, RB_AUTOBOOT, 'b', "rebooting"},
    {plan::Action::halt, RB_HALT_SYSTEM, 0, "halting"},
    {plan::Action::poweroff, RB_POWER_OFF, 'o', "powering off"},
};

const Way& way_of(plan::Action action) {
  for (const Way& way : kWays) {
    if (way.action == action) return way;
  }
  return kWays[0];
}

// An image without a /dev/console node gives PID 1 no standard descriptors at all; whoever opened files then
// would find them closed or replaced in its children.
void fill_standard_fds() {
  int fd = 0;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= kHighestStandardFd);
  if (fd > kHighestStandardFd) close(fd);
}

void mount_all(std::vector<std::string>& problems) {
  for (const Filesystem& fs : kFilesystems) {
    mkdir(fs.where, 0755);
    // EBUSY: the kernel has mounted devtmpfs itself (CONFIG_DEVTMPFS_MOUNT).
    if (mount(fs.type, fs.where, fs.type, fs.flags, fs.data) != 0 && errno != EBUSY)
      problems.push_back(fmt::format("cannot mount {}: {}", fs.where, errno_text(errno)));
  }
}

UniqueFd open_or_tell(const char* path, int flags, std::vector<std::string>& problems) {
  Result<UniqueFd> fd = open_file(path, flags);
  if (fd) return std::move(*fd);
  problems.push_back(fd.error().message());
  return UniqueFd();
}

// The kernel drops lines written to /dev/kmsg faster than a few a second unless told otherwise.
void let_kmsg_take_all() {
  const Result<UniqueFd> fd = open_file("/proc/sys/kernel/printk_devkmsg", O_WRONLY);
  if (!fd) return;
  [[maybe_unused]] const Status ignored = write_all(fd->get(), bytes_of(std::string_view("on\n")));
}

void wait_and_trigger(const Way& way, Machine& machine) {
  std::this_thread::sleep_for(kPatience);
  if (way.sysrq == 0) return;
  machine.console.say(fmt::format("still here after {} seconds: sysrq {}", kPatience.count(), way.sysrq));
  if (write(machine.sysrq.get(), &way.sysrq, 1) != 1) reboot(static_cast<int>(way.command));
}

}  // namespace

Machine boot() {
  std::vector<std::string> problems;
  mount_all(problems);
  fill_standard_fds();
  signal(SIGPIPE, SIG_IGN);
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
    problems.push_back(fmt::format("cannot lock memory: {}", errno_text(errno)));
  UniqueFd sysrq = open_or_tell("/proc/sysrq-trigger", O_WRONLY, problems);
  let_kmsg_take_all();
  UniqueFd console = open_or_tell("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK, problems);
  UniqueFd kmsg = open_or_tell("/dev/kmsg", O_WRONLY | O_NONBLOCK, problems);
  return Machine{Console(std::move(console), std::move(kmsg)), std::move(sysrq), std::move(problems)};
}

void act(plan::Action action, Machine& machine) {
  const Way& way = way_of(action);
  machine.console.say(way.doing);
  // No sync: what had to be on the target was synced by the worker and by the unmount, each with a deadline.
  // The child drains the console, so that the last words get out; that too may hang.
  [[maybe_unused]] const Result<Child> asked = spawn_function([&] {
    machine.console.drain();
    return reboot(static_cast<int>(way.command)) == 0 ? 0 : 1;
  });
  while (true) wait_and_trigger(way, machine);
}

}  // namespace kdump::capture
