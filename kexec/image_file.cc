// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/image_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <csignal>

namespace kdump::kexec {
namespace {

constexpr std::string_view kAppendedSignature = "~Module signature appended~\n";  // linux/module_signature.h
constexpr long kCifsMagic = 0xff534d42;
constexpr long kSmb2Magic = 0xfe534d42;

// A read lease is refused with EAGAIN while somebody has the file open for writing. Network filesystems
// refuse it for reasons of their own, so their answer counts for nothing.
bool leases_are_telling(int fd) {
  struct statfs filesystem{};
  if (fstatfs(fd, &filesystem) != 0) return false;
  const long type = filesystem.f_type;
  return type != NFS_SUPER_MAGIC && type != kCifsMagic && type != kSmb2Magic && type != SMB_SUPER_MAGIC;
}

bool is_open_for_writing(int fd) {
  if (!leases_are_telling(fd)) return false;
  // Should somebody open the file for writing just now, this signal is ignored by default; SIGIO is not.
  fcntl(fd, F_SETSIG, SIGURG);
  if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  fcntl(fd, F_SETLEASE, F_UNLCK);
  return false;
}

}  // namespace

Result<ImageFile> open_image_file(const std::string& path) {
  // O_NONBLOCK: a FIFO must not hold us up before we can say what it is.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno(errno, "cannot open {}", path);
  struct stat attributes{};
  if (fstat(fd.get(), &attributes) != 0) return fail_errno(errno, "cannot stat {}", path);
  if (!S_ISREG(attributes.st_mode)) return fail("{} is not a regular file; give one", path);
  if (attributes.st_size == 0) return fail("{} is empty; install or build it again", path);
  if (is_open_for_writing(fd.get())) {
    return make_failure(
        ErrorKind::failure, ETXTBSY,
        fmt::format("{} is open for writing, and the kernel refuses such a file; wait for the "
                    "writer to finish (fuser -v {})",
                    path, path));
  }
  return ImageFile{std::move(fd), static_cast<uint64_t>(attributes.st_size)};
}

bool has_detached_signature(int fd, uint64_t size) {
  if (fgetxattr(fd, "security.ima", nullptr, 0) > 0) return true;
  if (size < kAppendedSignature.size()) return false;
  std::string tail(kAppendedSignature.size(), '\0');
  return pread_exact(fd, std::as_writable_bytes(std::span(tail)), size - tail.size()) &&
         tail == kAppendedSignature;
}

}  // namespace kdump::kexec
