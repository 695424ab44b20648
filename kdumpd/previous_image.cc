// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/previous_image.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

namespace kdump::service {
namespace {

bool same_file(const std::string& a, const std::string& b) {
  struct stat x{};
  struct stat y{};
  return stat(a.c_str(), &x) == 0 && stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

std::string armed_name(const std::string& directory) { return directory + "/initramfs.img.armed"; }

// A kept image other than `initrd`; empty when there is none.
std::string other_image(const std::string& initrd, const std::string& directory) {
  for (const std::string& kept : {armed_name(directory), directory + "/initramfs.img.prev"})
    if (file_exists(kept) && !same_file(kept, initrd)) return kept;
  return {};
}

}  // namespace

std::optional<kexec::CrashImage> previous_image(const kexec::CrashImage& wanted, const std::string& directory,
                                                const std::optional<LoadedImage>& loaded) {
  if (loaded && file_exists(loaded->kernel)) {
    const std::string armed = directory_of(loaded->initrd) + "/initramfs.img.armed";
    const std::string initrd = file_exists(armed) ? armed : loaded->initrd;
    const bool same = loaded->kernel == wanted.kernel && loaded->command_line == wanted.command_line &&
                      same_file(initrd, wanted.initrd);
    if (!same && file_exists(initrd)) return kexec::CrashImage{loaded->kernel, initrd, loaded->command_line};
  }
  const std::string initrd = other_image(wanted.initrd, directory);
  if (initrd.empty()) return std::nullopt;
  return kexec::CrashImage{wanted.kernel, initrd, wanted.command_line};
}

Status remember_armed(const std::string& initrd, const std::string& directory) {
  const std::string name = armed_name(directory);
  const std::string temporary = name + ".new";
  if (same_file(initrd, name)) return {};
  unlink(temporary.c_str());
  if (link(initrd.c_str(), temporary.c_str()) != 0) return fail_errno(errno, "cannot link {}", temporary);
  if (rename(temporary.c_str(), name.c_str()) != 0) return fail_errno(errno, "cannot rename {}", temporary);
  return {};
}

}  // namespace kdump::service
