// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/local_proof.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "common/fd.h"
#include "kdumpd/detached_mount.h"
#include "makedumpfile/sink/raw_device.h"

namespace kdump::service {
namespace {

constexpr std::string_view kText = "kdump was here to see whether a dump can be saved\n";

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

// IPv6 goes by transports of its own names (kernel: fs/nfs/fs_context.c, nfs_xprt_protocol_tokens).
std::string kernel_options(const plan::Target& target, const std::string& address,
                           const std::string& version) {
  const bool v6 = address.contains(':');
  std::string options = fmt::format("addr={},vers={},proto={}", address, version, v6 ? "tcp6" : "tcp");
  if (version == "3") options += fmt::format(",nolock,mountproto={}", v6 ? "tcp6" : "tcp");
  if (target.server.port != 0) options += fmt::format(",port={}", target.server.port);
  if (!target.nfs.mount_options.empty()) options += "," + target.nfs.mount_options;
  return options;
}

Result<UniqueFd> mount_export(const plan::Target& target) {
  const std::string& host = target.server.host;
  const std::string source =
      fmt::format(fmt::runtime(host.contains(':') ? "[{}]:{}" : "{}:{}"), host, target.nfs.path);
  Result<UniqueFd> mounted = fail("{} has no address", host);
  for (const std::string& version : target.nfs.versions) {
    for (const std::string& address : target.server.addresses) {
      const char* fstype = version == "3" ? "nfs" : "nfs4";
      mounted = mount_detached(fstype, source, kernel_options(target, address, version));
      if (mounted) return mounted;
      mounted.error().prepend(fmt::format("version {}", version));
    }
  }
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
  if (TRY(device.dump()) == RawDump::whole)
    return fail("{} holds a dump that could not be taken from it; no other is written over it",
                target.device.devname);
  return device.stream_limit();
}

FreeBytes prove_kernel_nfs(const plan::Target& target) {
  const UniqueFd root = TRY(mount_export(target));
  return TRY(prove_directory(root.get(), target.directory));
}

}  // namespace kdump::service
