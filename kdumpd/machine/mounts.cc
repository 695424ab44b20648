// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/mounts.h"

#include <libmount/libmount.h>
#include <sys/sysmacros.h>

#include <memory>

#include "common/file.h"
#include "kdumpd/machine/block_device.h"

namespace kdump::service {
namespace {

struct TableDeleter {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
};
using Table = std::unique_ptr<libmnt_table, TableDeleter>;

struct IteratorDeleter {
  void operator()(libmnt_iter* iterator) const { mnt_free_iter(iterator); }
};
using Iterator = std::unique_ptr<libmnt_iter, IteratorDeleter>;

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

bool has_option(const char* options, const char* name) {
  return options != nullptr && mnt_optstr_get_option(options, name, nullptr, nullptr) == 0;
}

Mount mount_of(libmnt_fs* fs) {
  return {.target = text_or_empty(mnt_fs_get_target(fs)),
          .source = text_or_empty(mnt_fs_get_source(fs)),
          .fstype = text_or_empty(mnt_fs_get_fstype(fs)),
          .root = text_or_empty(mnt_fs_get_root(fs)),
          .options = text_or_empty(mnt_fs_get_fs_options(fs)),
          .device = mnt_fs_get_devno(fs),
          .read_only =
              has_option(mnt_fs_get_vfs_options(fs), "ro") || has_option(mnt_fs_get_fs_options(fs), "ro")};
}

// "/" holds everything, "/var" holds "/var" and "/var/crash" but not "/variable".
bool holds(std::string_view directory, std::string_view path) {
  if (directory == "/") return true;
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

Result<std::vector<Mount>> read_mounts(const Host& host) {
  const std::string path = host.at("/proc/self/mountinfo");
  if (!file_exists(path)) return fail_errno(ENOENT, "{}", path);
  const Table table(mnt_new_table_from_file(path.c_str()));
  const Iterator iterator(mnt_new_iter(MNT_ITER_FORWARD));
  if (!table || !iterator) return fail_errno(errno, "cannot read {}", path);
  std::vector<Mount> mounts;
  libmnt_fs* fs = nullptr;
  while (mnt_table_next_fs(table.get(), iterator.get(), &fs) == 0) mounts.push_back(mount_of(fs));
  return mounts;
}

const Mount* mount_holding(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* best = nullptr;
  // Of equal mount points the last one covers the others.
  for (const Mount& mount : mounts)
    if (holds(mount.target, path) && (best == nullptr || mount.target.size() >= best->target.size()))
      best = &mount;
  return best;
}

Result<std::string> device_of_mount(const Host& host, const Mount& mount) {
  constexpr unsigned kAnonymous = 0;  // Linux, fs/super.c, get_anon_bdev
  if (major(mount.device) != kAnonymous) return device_name(host, mount.device);
  if (!mount.source.starts_with("/dev/"))
    return fail("{} is mounted from {}, which is no block device", mount.target, mount.source);
  return host.resolve(mount.source);
}

const Mount* mount_of_device(const Host& host, const std::vector<Mount>& mounts, std::string_view devname) {
  const Mount* best = nullptr;
  for (const Mount& mount : mounts) {
    if (best != nullptr && (best->root == "/" || mount.root != "/")) continue;
    const auto device = device_of_mount(host, mount);
    if (device && *device == devname) best = &mount;
  }
  return best;
}

std::string path_in_filesystem(const Mount& mount, std::string_view path) {
  const std::string_view below = mount.target == "/" ? path : path.substr(mount.target.size());
  std::string joined = mount.root == "/" ? "" : mount.root;
  if (below != "/") joined.append(below);
  return joined.empty() ? "/" : joined;
}

}  // namespace kdump::service
