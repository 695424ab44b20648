// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/fd_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"

namespace kdump {

FdStream::FdStream(int fd, std::string name) : name_(std::move(name)), fd_(fd) {
  // A pipe takes whole records then; anything else refuses, which is fine.
  constexpr int kPipeBytes = 1 << 20;
  fcntl(fd_, F_SETPIPE_SZ, kPipeBytes);
  struct stat status{};
  on_disk_ = fstat(fd_, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
  const off_t position = lseek(fd_, 0, SEEK_CUR);
  // What was in a file before must not be cut off with what is written behind it.
  const bool appends = (fcntl(fd_, F_GETFL) & O_APPEND) != 0;
  if (on_disk_ && position >= 0 && !appends) start_ = position;
}

Status FdStream::write(Bytes data) { return with_context(write_all(fd_, data), "{}", name_); }

Status FdStream::restart() {
  if (!start_) return Stream::restart();
  // A device has nothing to cut off and says so.
  if (ftruncate(fd_, *start_) != 0 && errno != EINVAL) return fail_errno(errno, "cannot empty {}", name_);
  if (lseek(fd_, *start_, SEEK_SET) < 0) return fail_errno(errno, "cannot go back in {}", name_);
  return {};
}

Status FdStream::finish() {
  if (on_disk_ && fsync(fd_) != 0) return fail_errno(errno, "cannot sync {}", name_);
  return {};
}

}  // namespace kdump
