// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/unmounted.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>

#include "common/process.h"

namespace kdump::service {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);
// A folder that is always there; the mount is seen by nobody else.
constexpr const char* kMountPoint = "/mnt";

enum ExitCode : int { kFound = 0, kNotThere = 1, kNotADirectory = 2, kCannotMount = 3 };

struct Question {
  std::string device;
  std::string fstype;
  const char* options;
  std::string path;  // below the mount point
};

bool mount_with(const Question& question, unsigned long flags, const char* options) {
  return mount(question.device.c_str(), kMountPoint, question.fstype.c_str(),
               flags | MS_NOSUID | MS_NODEV | MS_NOEXEC, options) == 0;
}

bool mount_privately(const Question& question) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return false;
  if (mount_with(question, MS_RDONLY, question.options)) return true;
  // It is mounted read-write somewhere: one mount more changes nothing on it.
  return errno == EBUSY && mount_with(question, 0, "");
}

int answer(const Question& question) {
  if (!mount_privately(question)) return kCannotMount;
  struct stat info{};
  if (stat(question.path.c_str(), &info) != 0) return kNotThere;
  return S_ISDIR(info.st_mode) ? kFound : kNotADirectory;
}

}  // namespace

Status check_unmounted_directory(const std::string& device, const Filesystem& filesystem,
                                 const std::string& directory) {
  const std::string fstype(filesystem.name);
  const Question question{device, fstype, filesystem.look_options, kMountPoint + directory};
  Child child = TRY(spawn_function([&] { return answer(question); }));
  const ExitState exit = TRY(child.wait(std::chrono::steady_clock::now() + kPatience));
  if (exit.succeeded()) return {};
  if (exit.code == kNotThere)
    return fail("directory {} does not exist on {}; mount it and create the directory", directory, device);
  if (exit.code == kNotADirectory) return fail("{} on {} is not a directory", directory, device);
  if (exit.code == kCannotMount) return fail("{} cannot be mounted as {}; dmesg says why", device, fstype);
  return fail("looking for {} on {} {}", directory, device, exit.describe());
}

}  // namespace kdump::service
