// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/fd_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/fd.h"

namespace kdump {

FdStream::FdStream(int fd, std::string name) : name_(std::move(name)), fd_(fd) {
  // A pipe takes whole records then; anything else refuses, which is fine.
  constexpr int kPipeBytes = 1 << 20;
  fcntl(fd_, F_SETPIPE_SZ, kPipeBytes);
}

Status FdStream::write(Bytes data) { return with_context(write_all(fd_, data), "{}", name_); }

Status FdStream::finish() {
  // Pipes, sockets and terminals answer EINVAL.
  if (fsync(fd_) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
    return fail_errno(errno, "cannot sync {}", name_);
  return {};
}

}  // namespace kdump
