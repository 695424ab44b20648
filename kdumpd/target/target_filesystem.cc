// SPDX-License-Identifier: GPL-2.0-or-later
// Filesystems: from `path` and `ext4 …`, `xfs …`, … to a device, its filesystem and a directory on it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "kdumpd/machine/block_device.h"
#include "kdumpd/machine/child_answer.h"
#include "kdumpd/machine/filesystems.h"
#include "kdumpd/machine/mounts.h"
#include "kdumpd/machine/unmounted.h"
#include "kdumpd/target/target_kinds.h"

namespace kdump::service {
namespace {

constexpr std::chrono::seconds kPatience{30};

// Warnings where the capture kernel may do better than the running one, errors where it cannot.
Status check_writable(const Host& host, const std::string& directory, ResolvedTarget& resolved) {
  if (faccessat(AT_FDCWD, host.at(directory).c_str(), W_OK, AT_EACCESS) == 0) return {};
  if (errno != EROFS) return fail_errno(errno, "dump directory {} is not writable", directory);
  resolved.read_only = true;
  resolved.warnings.push_back(
      fmt::format("{} is on a filesystem mounted read-only; the capture kernel will mount it read-write, "
                  "which fails if it is damaged",
                  directory));
  return {};
}

Result<const Filesystem*> filesystem_of(const std::string& place, const std::string& found) {
  if (const Filesystem* const filesystem = filesystem_named(found)) return filesystem;
  if (found.empty()) return fail("{} holds no filesystem; make one with mkfs.ext4", place);
  return fail(ErrorKind::unsupported,
              "{} is {}, which is not built yet; dump to an {} filesystem (\"ext4 /dev/…\" in {})", place,
              found, filesystem_names(), places::kConfig);
}

// The filesystem on a device, which has to be one that dumps can go to.
Result<const Filesystem*> checked_filesystem(const Host& host, const std::string& place,
                                             const std::string& devname, const std::string& fstype,
                                             std::vector<std::string>& warnings) {
  const Filesystem* const filesystem = TRY(filesystem_of(place, fstype));
  TRY(filesystem->check(host.at(devname), devname));
  if (!filesystem->warning.empty()) warnings.emplace_back(filesystem->warning);
  return filesystem;
}

plan::Target plan_target(const BlockDevice& device, const std::string& options,
                         const std::string& directory) {
  return {.kind = plan::TargetKind::filesystem,
          .device = {.uuid = device.uuid,
                     .label = device.label,
                     .partuuid = device.partuuid,
                     .devname = device.devname},
          .fstype = device.fstype,
          .mount_options = options,
          .directory = directory};
}

std::string describe(const plan::Target& target) {
  return fmt::format("{} on {} ({})", target.directory, target.device.devname, target.fstype);
}

// The whole of a btrfs and not its default subvolume: there path_in_filesystem is right.
constexpr std::string_view kWholeBtrfs = "subvolid=5";

std::string options_of(const Filesystem& filesystem, const Mount& mount) {
  std::string options = options_to_keep(filesystem, mount.options);
  if (filesystem.name == "btrfs") options.append(options.empty() ? "" : ",").append(kWholeBtrfs);
  return options;
}

Status check_fstype(const conf::FilesystemTarget& wanted, const std::string& devname,
                    const std::string& found) {
  if (found == wanted.fstype) return {};
  TRY(filesystem_of(devname, found));
  return fail("{} holds {}, not {}; write \"{} {}\"", devname, found, wanted.fstype, found, wanted.device);
}

// Where a mounted filesystem shows `path` of its own, which takes a mount that starts where `mount DEVICE`
// would: at the root, or with btrfs at some subvolume.
bool shows_the_start(const Mount& mount) { return mount.root == "/" || mount.fstype == "btrfs"; }

}  // namespace

Status check_directory(const Host& host, const std::string& directory) {
  struct stat info{};
  if (stat(host.at(directory).c_str(), &info) != 0 && errno == ENOENT)
    return fail("dump directory {} does not exist; mkdir -p {}", directory, directory);
  if (stat(host.at(directory).c_str(), &info) != 0) return fail_errno(errno, "dump directory {}", directory);
  if (!S_ISDIR(info.st_mode)) return fail("{} is not a directory; dumps need one", directory);
  return {};
}

Result<ResolvedTarget> mounted_filesystem(const Host& host, const Mount& mount,
                                          const std::string& directory) {
  ResolvedTarget resolved;
  TRY(check_directory(host, directory));
  const std::string devname = TRY(device_of_mount(host, mount));
  TRY(check_plain_disk(host, devname));
  BlockDevice device = TRY(probe(host, devname));
  device.fstype = mount.fstype;
  const Filesystem* const filesystem =
      TRY(checked_filesystem(host, devname, devname, device.fstype, resolved.warnings));
  TRY(check_writable(host, directory, resolved));
  resolved.target = plan_target(device, options_of(*filesystem, mount), path_in_filesystem(mount, directory));
  resolved.described = describe(resolved.target);
  return resolved;
}

Result<ResolvedTarget> resolve_path(const Surrounding& all, const std::string& path) {
  const Host& host = all.host;
  // It may lie on a mount whose server is gone.
  const auto looked_up = ask_child(kPatience, [&]() -> Result<std::string> {
    TRY(check_directory(host, path));
    return host.resolve(path);
  });
  const std::string directory = TRY(Result<std::string>(looked_up));
  const std::vector<Mount> mounts = TRY(read_mounts(host));
  const Mount* const mount = mount_holding(mounts, directory);
  if (mount == nullptr) return fail("nothing is mounted at {} or above", directory);
  if (is_nfs(*mount)) return mounted_export(all, *mount, directory);
  TRY(filesystem_of(fmt::format("the filesystem that holds {}", directory), mount->fstype));
  return mounted_filesystem(host, *mount, directory);
}

// `ext4 DEVICE`: that filesystem, mounted or not; `path` is a directory on it.
Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::FilesystemTarget& wanted,
                                      const std::string& path) {
  const Host& host = all.host;
  const std::string devname = TRY(find_device(host, wanted.device));
  TRY(check_plain_disk(host, devname));
  const BlockDevice device = TRY(probe(host, devname));
  TRY(check_fstype(wanted, devname, device.fstype));
  const std::vector<Mount> mounts = TRY(read_mounts(host));
  const Mount* const mount = mount_of_device(host, mounts, devname);
  if (mount != nullptr && shows_the_start(*mount)) {
    const std::string below = path == "/" ? "" : path;
    const std::string directory = mount->target == "/" ? path : mount->target + below;
    TRY(check_directory(host, directory));
    return mounted_filesystem(host, *mount, TRY(host.resolve(directory)));
  }
  ResolvedTarget resolved;
  const Filesystem* const filesystem =
      TRY(checked_filesystem(host, devname, devname, device.fstype, resolved.warnings));
  TRY(check_unmounted_directory(host.at(devname), *filesystem, path));
  resolved.target = plan_target(device, options_to_keep(*filesystem, ""), path);
  resolved.described = describe(resolved.target);
  return resolved;
}

}  // namespace kdump::service
