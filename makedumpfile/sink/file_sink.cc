// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/file_sink.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "common/file.h"

namespace kdump {
namespace {

constexpr std::string_view kIncompleteSuffix = "-incomplete";

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

// Where a symbolic link leads, so that a rename replaces the file and not the link.
std::string resolved(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result = real;
  free(real);  // NOLINT(cppcoreguidelines-no-malloc): realpath's own
  return result;
}

}  // namespace

Status FileSink::check(const std::string& path, bool overwrite) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return fail_errno(errno, "cannot look at {}", path);
  }
  if (!overwrite) return make_failure(ErrorKind::failure, EEXIST, path + ": File exists (-f overwrites it)");
  if (access(path.c_str(), W_OK) != 0) return fail_errno(errno, "cannot overwrite {}", path);
  return {};
}

Result<std::unique_ptr<FileSink>> FileSink::create(const std::string& path, bool overwrite,
                                                   uint64_t min_free) {
  TRY(check(path, overwrite));
  const auto status = status_of(path);
  if (status && S_ISDIR(status->st_mode)) return fail("cannot write {}: it is a directory", path);
  if (status && !S_ISREG(status->st_mode)) return open_special(path, status->st_mode);
  return create_regular(status ? resolved(path) : path, min_free);
}

Result<std::unique_ptr<FileSink>> FileSink::open_special(const std::string& path, mode_t mode) {
  if (!S_ISBLK(mode) && !S_ISCHR(mode)) {
    return fail("cannot write {}: neither a file nor a device (-F writes a stream to standard output)", path);
  }
  UniqueFd fd = TRY(open_file(path, O_WRONLY));
  const Kind kind = S_ISBLK(mode) ? Kind::block_device : Kind::character_device;
  return std::unique_ptr<FileSink>(new FileSink(kind, path, path, std::move(fd), 0));
}

Result<std::unique_ptr<FileSink>> FileSink::create_regular(const std::string& target, uint64_t min_free) {
  const std::string growing = target + std::string(kIncompleteSuffix);
  // O_EXCL after unlink: never through a link that somebody else has put there.
  if (unlink(growing.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "cannot replace {}", growing);
  UniqueFd fd = TRY(open_file(growing, O_WRONLY | O_CREAT | O_EXCL, 0600));
  std::unique_ptr<FileSink> sink(new FileSink(Kind::regular, target, growing, std::move(fd), min_free));
  TRY(sink->look_at_room());
  struct statfs status{};
  sink->on_network_ = fstatfs(sink->fd_.get(), &status) == 0 && status.f_type == NFS_SUPER_MAGIC;
  return sink;
}

// Delayed allocation may show a file's blocks only later (btrfs): room only ever shrinks while it grows.
Status FileSink::look_at_room() {
  if (min_free_ == 0) return {};
  struct statvfs status{};
  if (fstatvfs(fd_.get(), &status) != 0)
    return fail_errno(errno, "cannot tell the free space for {}", growing_);
  const uint64_t free = uint64_t{status.f_bavail} * status.f_frsize;
  room_ = std::min(room_, size_ + (free > min_free_ ? free - min_free_ : 0));
  return {};
}

Status FileSink::check_room(uint64_t end) const {
  if (end <= std::max(room_, size_)) return {};
  return make_failure(
      ErrorKind::no_space, ENOSPC,
      fmt::format("{}: no space left but the {} bytes that stay free (min_free)", growing_, min_free_));
}

Status FileSink::write_at(uint64_t offset, Bytes data) {
  const uint64_t end = offset + data.size();
  TRY(check_room(end));
  TRY(with_context(pwrite_all(fd_.get(), data, offset), "{}", growing_));
  size_ = std::max(size_, end);
  return start_writeback(end);
}

Status FileSink::allocate(uint64_t offset, uint64_t size) {
  if (kind_ == Kind::character_device || size == 0) return {};
  if (kind_ == Kind::block_device) return fill_with_zeros(offset, size);
  TRY(check_room(offset + size));
  int code = 0;
  do {
    code = ::fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(size));
  } while (code != 0 && errno == EINTR);
  if (code == 0) {
    size_ = std::max(size_, offset + size);
    return look_at_room();
  }
  if (errno == EOPNOTSUPP || errno == ENOSYS) return fill_with_zeros(offset, size);
  return fail_errno(errno, "{}: cannot allocate {} bytes", growing_, size);
}

Status FileSink::fill_with_zeros(uint64_t offset, uint64_t size) {
  constexpr std::array<std::byte, 65536> kZeros{};
  for (uint64_t done = 0; done < size; done += kZeros.size()) {
    const Bytes zeros = Bytes(kZeros).first(std::min<uint64_t>(kZeros.size(), size - done));
    TRY(write_at(offset + done, zeros));
  }
  return {};
}

// Without this, dirty pages pile up in a capture kernel's little memory and the final fsync takes all the
// time at once.
Status FileSink::start_writeback(uint64_t end) {
  constexpr uint64_t kStep = uint64_t{8} << 20;
  if (end < written_back_ + kStep) return {};
  sync_file_range(fd_.get(), static_cast<off_t>(written_back_), static_cast<off_t>(end - written_back_),
                  SYNC_FILE_RANGE_WRITE);
  written_back_ = end;
  return look_at_room();
}

Status FileSink::settle() {
  if (on_network_ && fdatasync(fd_.get()) != 0) return fail_errno(errno, "cannot sync {}", growing_);
  return {};
}

Status FileSink::restart() {
  size_ = written_back_ = 0;
  if (kind_ != Kind::regular) return {};
  if (ftruncate(fd_.get(), 0) != 0) return fail_errno(errno, "cannot empty {}", growing_);
  // That an earlier write went wrong is told to this descriptor once, and is nothing to the writes to come.
  fsync(fd_.get());
  // Freed blocks can be given away only after the filesystem's transaction.
  syncfs(fd_.get());
  room_ = std::numeric_limits<uint64_t>::max();
  return look_at_room();
}

Status FileSink::discard() {
  if (kind_ != Kind::regular) return {};
  if (unlink(growing_.c_str()) != 0) return fail_errno(errno, "cannot remove {}", growing_);
  growing_.clear();
  return {};
}

Status FileSink::sync() {
  // Some character devices have nothing to sync and say so.
  if (fsync(fd_.get()) != 0 && kind_ != Kind::character_device)
    return fail_errno(errno, "cannot sync {}", growing_);
  return {};
}

Status FileSink::finish() {
  TRY(sync());
  // Some filesystems (NFS) report a full target only here.
  if (close(fd_.release()) != 0) return fail_errno(errno, "cannot close {}", growing_);
  if (kind_ != Kind::regular) return {};
  if (rename(growing_.c_str(), path_.c_str()) != 0)
    return fail_errno(errno, "cannot rename {} to {}", growing_, path_);
  growing_ = path_;
  return sync_directory_of(path_);
}

void FileSink::withdraw() {
  const std::string incomplete = path_ + std::string(kIncompleteSuffix);
  if (kind_ == Kind::regular && rename(path_.c_str(), incomplete.c_str()) == 0) growing_ = incomplete;
}

std::string FileSink::remains() const { return growing_; }

}  // namespace kdump
