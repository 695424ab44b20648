// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "common/text.h"
#include "kdumpd/block_device.h"
#include "kdumpd/mounts.h"
#include "kdumpd/unmounted.h"

namespace kdump::service {
namespace {

constexpr std::string_view kBuiltFilesystem = "ext4";
constexpr uint64_t kLittleSpace = uint64_t{256} << 20;

// Options that change how an ext4 is read or written. All others are of the mount point, of quotas or of
// SELinux, or the defaults; an option the capture kernel refuses would cost the dump.
constexpr std::string_view kKeptOptions[] = {"data=journal",         "data=writeback", "journal_checksum",
                                             "journal_async_commit", "nobarrier",      "barrier=0"};

Status check_directory(const Host& host, const std::string& directory) {
  struct stat info{};
  if (stat(host.at(directory).c_str(), &info) != 0 && errno == ENOENT)
    return fail("dump directory {} does not exist; mkdir -p {}", directory, directory);
  if (stat(host.at(directory).c_str(), &info) != 0) return fail_errno(errno, "dump directory {}", directory);
  if (!S_ISDIR(info.st_mode)) return fail("{} is not a directory; dumps need one", directory);
  return {};
}

// Warnings where the capture kernel may do better than the running one, errors where it cannot.
Status check_writable(const Host& host, const std::string& directory, std::vector<std::string>& warnings) {
  if (faccessat(AT_FDCWD, host.at(directory).c_str(), W_OK, AT_EACCESS) == 0) return {};
  if (errno != EROFS) return fail_errno(errno, "dump directory {} is not writable", directory);
  warnings.push_back(
      fmt::format("{} is on a filesystem mounted read-only; the capture kernel will mount it read-write, "
                  "which fails if it is "
                  "damaged",
                  directory));
  return {};
}

void check_space(const Host& host, const std::string& directory, std::vector<std::string>& warnings) {
  struct statvfs info{};
  if (statvfs(host.at(directory).c_str(), &info) != 0) return;
  const uint64_t free = info.f_bavail * info.f_frsize;
  if (free < kLittleSpace)
    warnings.push_back(
        fmt::format("only {} are free in {}; a dump may not fit", human_size(free), directory));
}

Status check_fstype(const std::string& place, const std::string& found) {
  if (found == kBuiltFilesystem) return {};
  if (found.empty()) return fail("{} holds no filesystem; make one with mkfs.ext4", place);
  return fail(ErrorKind::unsupported,
              "{} is {}, which is not built yet; dump to an ext4 filesystem (\"ext4 /dev/…\" in {})", place,
              found, places::kConfig);
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

// A directory of the running system, which is on `mount`.
Result<ResolvedTarget> mounted_target(const Host& host, const Mount& mount, const std::string& directory) {
  ResolvedTarget resolved;
  TRY(check_directory(host, directory));
  const std::string devname = TRY(device_name(host, mount.device));
  TRY(check_plain_disk(host, devname));
  BlockDevice device = TRY(probe(host, devname));
  device.fstype = mount.fstype;
  TRY(check_writable(host, directory, resolved.warnings));
  check_space(host, directory, resolved.warnings);
  resolved.target = plan_target(device, options_to_keep(mount.options), path_in_filesystem(mount, directory));
  resolved.described = describe(resolved.target);
  return resolved;
}

// `path` alone: the filesystem that holds it.
Result<ResolvedTarget> target_of_path(const Host& host, const std::string& path) {
  TRY(check_directory(host, path));
  const std::string directory = TRY(host.resolve(path));
  const std::vector<Mount> mounts = TRY(read_mounts(host));
  const Mount* const mount = mount_holding(mounts, directory);
  if (mount == nullptr) return fail("nothing is mounted at {} or above", directory);
  TRY(check_fstype(fmt::format("the filesystem that holds {}", directory), mount->fstype));
  return mounted_target(host, *mount, directory);
}

// `ext4 DEVICE`: that filesystem, mounted or not; `path` is a directory on it.
Result<ResolvedTarget> target_of_device(const Host& host, const conf::FilesystemTarget& wanted,
                                        const std::string& path) {
  const std::string devname = TRY(find_device(host, wanted.device));
  TRY(check_plain_disk(host, devname));
  const BlockDevice device = TRY(probe(host, devname));
  TRY(check_fstype(devname, device.fstype));
  const std::vector<Mount> mounts = TRY(read_mounts(host));
  const Mount* const mount = mount_of_device(mounts, TRY(device_number(host, devname)));
  if (mount != nullptr && mount->root == "/") {
    const std::string below = path == "/" ? "" : path;
    const std::string directory = mount->target == "/" ? path : mount->target + below;
    TRY(check_directory(host, directory));
    return mounted_target(host, *mount, TRY(host.resolve(directory)));
  }
  TRY(check_unmounted_directory(host.at(devname), device.fstype, path));
  ResolvedTarget resolved{.target = plan_target(device, "", path), .described = {}, .warnings = {}};
  resolved.described = describe(resolved.target);
  return resolved;
}

}  // namespace

std::string options_to_keep(const std::string& options) {
  std::string kept;
  for (const std::string_view option : split(options, ','))
    if (std::ranges::find(kKeptOptions, option) != std::end(kKeptOptions))
      kept.append(kept.empty() ? "" : ",").append(option);
  return kept;
}

Result<ResolvedTarget> resolve_target(const Host& host, const conf::Config& config) {
  if (config.target)
    return with_context(target_of_device(host, *config.target, config.path), "{} {}", config.target->fstype,
                        config.target->device);
  return with_context(target_of_path(host, config.path), "path {}", config.path);
}

}  // namespace kdump::service
