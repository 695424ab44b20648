// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/linux_system.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "common/fd.h"
#include "common/file.h"
#include "common/text.h"
#include "initramfs/capture/attempt.h"
#include "initramfs/capture/module_parameters.h"
#include "initramfs/capture/mount_options.h"
#include "initramfs/capture/network.h"
#include "initramfs/capture/nfs.h"
#include "initramfs/capture/program.h"
#include "initramfs/capture/step_child.h"

namespace kdump::capture {
namespace {

constexpr size_t kMaxPlan = size_t{1} << 20;
// Nothing on a dump target is ever to be executed or opened as a device.
constexpr unsigned long kTargetFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

Status finit_module(const std::string& path) {
  const UniqueFd fd = TRY(open_file(path, O_RDONLY));
  const std::string parameters = module_parameters(read_text_file("/proc/cmdline").value_or(""), path);
  if (syscall(SYS_finit_module, fd.get(), parameters.c_str(), 0) == 0 || errno == EEXIST) return {};
  return fail_errno(errno, "cannot load {}{}{}", path, parameters.empty() ? "" : " with ", parameters);
}

Status mount_device(const std::string& device, const plan::Target& target, const std::string& where) {
  const MountArguments arguments = mount_arguments(target.mount_options);
  const unsigned long flags = kTargetFlags | arguments.flags;
  if (mount(device.c_str(), where.c_str(), target.fstype.c_str(), flags, arguments.data.c_str()) == 0)
    return {};
  return fail_errno(errno, "cannot mount {} as {} with options '{}'", device, target.fstype, arguments.data);
}

// ext4's driver keeps count of the errors it has met; there is no fsck here.
std::string filesystem_errors(const std::string& device, const std::string& fstype) {
  const std::string name = device.substr(device.rfind('/') + 1);
  if (!fstype.starts_with("ext")) return {};
  const Result<std::string> count = read_text_file(fmt::format("/sys/fs/ext4/{}/errors_count", name));
  if (!count || trim(*count) == "0") return {};
  return fmt::format("the filesystem on {} is marked as damaged ({} errors): run fsck on it", device,
                     trim(*count));
}

}  // namespace

Result<std::string> LinuxSystem::read_plan() { return read_text_file(plan::kPathInImage, kMaxPlan); }

Status LinuxSystem::load_module(const std::string& path, SteadyTime deadline) {
  Status status = run_step_in_child([&] { return finit_module(path); }, deadline);
  memory_.sample();
  return with_context(std::move(status), "module {}", path.substr(path.rfind('/') + 1));
}

Result<std::string> LinuxSystem::find_device(const plan::Device& device, SteadyTime deadline) {
  return finder_.find(device, deadline);
}

// What hangs at one mount point must not be met on the way to the next.
std::string LinuxSystem::mount_point() const {
  return abandoned_ == 0 ? protocol::kTargetMount
                         : fmt::format("{}-{}", protocol::kTargetMount, abandoned_ + 1);
}

void LinuxSystem::abandon(const std::string& device) {
  finder_.abandon(device);
  ++abandoned_;
}

Result<std::string> LinuxSystem::make_mount_point() const {
  std::string where = mount_point();
  if (mkdir(where.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(errno, "cannot create {}", where);
  return where;
}

Result<Mounted> LinuxSystem::mount_target(const std::string& device, const plan::Target& target,
                                          SteadyTime deadline) {
  const std::string where = TRY(make_mount_point());
  TRY(run_step_in_child([&] { return mount_device(device, target, where); }, deadline));
  memory_.sample();
  return Mounted{.where = where, .warning = filesystem_errors(device, target.fstype)};
}

Result<Mounted> LinuxSystem::mount_nfs(const plan::Target& target, SteadyTime deadline) {
  const std::string where = TRY(make_mount_point());
  Result<Mounted> mounted = mount_export(target, where, deadline);
  memory_.sample();
  return mounted;
}

Result<NetworkUp> LinuxSystem::bring_up_network(const plan::Network& network, SteadyTime deadline) {
  Result<NetworkUp> up = bring_up_in_child(network, deadline);
  memory_.sample();
  return up;
}

Status LinuxSystem::unmount_target(SteadyTime deadline) {
  const std::string where = mount_point();
  return run_step_in_child(
      [&]() -> Status {
        if (umount2(where.c_str(), UMOUNT_NOFOLLOW) == 0) return {};
        return fail_errno(errno, "cannot unmount {}", where);
      },
      deadline);
}

AttemptOutcome LinuxSystem::run_worker(const std::string& program, const protocol::Request& request,
                                       const AttemptLimits& limits, WorkerListener& listener) {
  return run_attempt(program, request, limits, listener, memory_);
}

Result<ExitState> LinuxSystem::run_hook(const std::vector<std::string>& argv, SteadyTime deadline,
                                        WorkerListener& listener) {
  Result<ExitState> ended = run_program(argv, deadline, listener);
  memory_.sample();
  return ended;
}

Status LinuxSystem::run_shell() { return run_console_shell(); }

MemoryFigures LinuxSystem::memory() {
  memory_.sample();
  return memory_.figures();
}

}  // namespace kdump::capture
