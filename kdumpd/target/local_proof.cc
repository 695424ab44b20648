// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/local_proof.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "common/fd.h"
#include "initramfs/plan/nfs_mount.h"
#include "kdumpd/machine/detached_mount.h"
#include "makedumpfile/sink/nfs/nfs_target.h"
#include "makedumpfile/sink/raw/raw_device.h"
#include "makedumpfile/sink/remote/net_connect.h"

namespace kdump::service {
namespace {

constexpr std::string_view kText = "kdump was here to see whether a dump can be saved\n";

constexpr std::chrono::seconds kConnect{10};

using FreeBytes = Result<std::optional<uint64_t>>;

std::string below(const std::string& directory) {
  return directory == "/" ? "." : directory.substr(directory.find_first_not_of('/'));
}

Result<UniqueFd> open_directory(int root, const std::string& directory) {
  UniqueFd fd(openat(root, below(directory).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ENOENT) return fail("there is no directory {} on it; create it", directory);
  return fail_errno(errno, "directory {} on it", directory);
}

Status write_and_read(int fd) {
  TRY(with_context(pwrite_all(fd, bytes_of(kText), 0), "cannot write"));
  if (fsync(fd) != 0) return fail_errno(errno, "what is written is not safe (fsync)");
  ByteVector back(2 * kText.size());
  back.resize(TRY(pread_up_to(fd, back, 0)));
  if (!std::ranges::equal(back, bytes_of(kText)))
    return fail("read back {} bytes that differ from the {} written", back.size(), kText.size());
  return {};
}

// Of a server that does not answer a mount would tell only after minutes.
Status reach(const plan::Target& target, const std::string& address) {
  const auto port = static_cast<uint16_t>(target.server.port == 0 ? kNfsPort : target.server.port);
  TRY(connect_tcp(address, port, Deadline(kConnect)));
  return {};
}

Result<UniqueFd> mount_export(const plan::Target& target) {
  UniqueFd mounted;
  const auto attempt = [&](const plan::NfsMount& way, SteadyTime /*deadline*/) -> Status {
    TRY(reach(target, way.address));
    mounted = TRY(mount_detached(way.fstype, way.source, way.data));
    return {};
  };
  TRY(plan::mount_first(plan::nfs_mounts(target), SteadyTime::max(), attempt));
  return mounted;
}

}  // namespace

Result<uint64_t> prove_directory(int root, const std::string& directory) {
  const UniqueFd folder = TRY(open_directory(root, directory));
  const std::string name = fmt::format(".kdump-probe-{}", getpid());
  UniqueFd file(openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return fail_errno(errno, "cannot create a file in {} on it", directory);
  const Status proved = write_and_read(file.get());
  file.reset();
  if (unlinkat(folder.get(), name.c_str(), 0) != 0)
    return fail_errno(errno, "cannot remove {}/{}", directory, name);
  TRY(Status(proved));
  struct statvfs info{};
  if (fstatvfs(folder.get(), &info) != 0)
    return fail_errno(errno, "cannot ask for the space of {}", directory);
  return info.f_bavail * info.f_frsize;
}

FreeBytes prove_filesystem(const plan::Target& target) {
  auto mounted = mount_detached(target.fstype, target.device.devname, target.mount_options);
  if (!mounted && mounted.error().errno_value() == EBUSY)
    return make_failure(
        ErrorKind::failure, EBUSY,
        fmt::format("{} is mounted read-only or used by somebody else", target.device.devname));
  const UniqueFd root = TRY(std::move(mounted));
  return TRY(prove_directory(root.get(), target.directory));
}

FreeBytes prove_raw(const plan::Target& target) {
  const RawDevice device = TRY(RawDevice::open(target.device.devname));
  return device.stream_limit();
}

FreeBytes prove_kernel_nfs(const plan::Target& target) {
  const UniqueFd root = TRY(mount_export(target));
  return TRY(prove_directory(root.get(), target.directory));
}

}  // namespace kdump::service
