// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/file.h"

namespace kdump::worker {
namespace {

constexpr const char* kLabel = "security.selinux";
constexpr int kMaxCollisions = 1000;
constexpr off_t kReserve = off_t{1} << 20;  // a long kexec-dmesg.log, the result, kdump.conf

Status check_parent(const std::string& parent) {
  struct stat status{};
  if (stat(parent.c_str(), &status) != 0)
    return fail_errno(errno, "cannot save to {} on the target, create it or change path in kdump.conf",
                      parent);
  if (!S_ISDIR(status.st_mode)) return fail("cannot save to {} on the target: it is not a directory", parent);
  return {};
}

// vfat takes none (Linux, fs/fat/namei_vfat.c, vfat_bad_char).
std::string without_colons(std::string name) {
  std::ranges::replace(name, ':', '-');
  return name;
}

}  // namespace

std::string directory_name(std::string_view source, time_t now, int utc_offset_seconds) {
  const time_t local = now + utc_offset_seconds;
  tm parts{};
  gmtime_r(&local, &parts);
  // "fe80::1%eth0" is one with its interface.
  return fmt::format("{}-{:04}-{:02}-{:02}-{:02}:{:02}:{:02}", source.substr(0, source.find('%')),
                     parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                     parts.tm_sec);
}

UniqueFd reserve_space(const std::string& directory) {
  Result<UniqueFd> fd = open_file(directory, O_TMPFILE | O_WRONLY, 0600);
  if (!fd || fallocate(fd->get(), 0, 0, kReserve) != 0) return UniqueFd();
  return std::move(*fd);
}

Status copy_label(const std::string& model, const std::string& path) {
  std::array<char, 1024> label{};
  const ssize_t size = getxattr(model.c_str(), kLabel, label.data(), label.size());
  if (size <= 0) return {};  // no SELinux there
  if (setxattr(path.c_str(), kLabel, label.data(), static_cast<size_t>(size), 0) != 0)
    return fail_errno(errno, "cannot label {}", path);
  return {};
}

Result<std::string> make_dump_directory(const std::string& parent, const std::string& name) {
  TRY(check_parent(parent));
  for (int attempt = 1; attempt <= kMaxCollisions; ++attempt) {
    std::string path = fmt::format("{}/{}{}", parent, name, attempt == 1 ? "" : fmt::format("-{}", attempt));
    if (mkdir(path.c_str(), 0700) == 0) {
      TRY(sync_directory_of(path));
      return path;
    }
    if (errno == EINVAL && name.contains(':')) return make_dump_directory(parent, without_colons(name));
    if (errno != EEXIST) return fail_errno(errno, "cannot create {}", path);
  }
  return fail("cannot create {}/{}: that name and {} more are taken", parent, name, kMaxCollisions - 1);
}

}  // namespace kdump::worker
