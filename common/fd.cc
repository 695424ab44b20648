// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/fd.h"

#include <sys/stat.h>
#include <unistd.h>

namespace kdump {
namespace {

// Calls io(offset into the buffer) until it has moved `size` bytes or returns 0; the count moved.
template <typename Io>
Result<size_t> transfer(size_t size, const char* verb, Io&& io) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = io(done);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "cannot {}", verb);
    done += static_cast<size_t>(n);
  }
  return done;
}

Status all_of(Result<size_t> moved, size_t size, const char* verb) {
  const size_t done = TRY(std::move(moved));
  if (done != size) return fail("cannot {}: {} of {} bytes", verb, done, size);
  return {};
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return fail_errno(errno, "cannot open {}", path);
  return UniqueFd(fd);
}

Result<size_t> read_up_to(int fd, MutableBytes out) {
  return transfer(out.size(), "read",
                  [&](size_t done) { return read(fd, out.data() + done, out.size() - done); });
}

Result<size_t> pread_up_to(int fd, MutableBytes out, uint64_t offset) {
  return transfer(out.size(), "read", [&](size_t done) {
    return pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
  });
}

Status pread_exact(int fd, MutableBytes out, uint64_t offset) {
  const size_t done = TRY(pread_up_to(fd, out, offset));
  if (done != out.size()) {
    return fail(ErrorKind::corrupt, "offset {:#x}: file ends after {} of {} bytes", offset, done, out.size());
  }
  return {};
}

Status write_all(int fd, Bytes data) {
  return all_of(transfer(data.size(), "write",
                         [&](size_t done) { return write(fd, data.data() + done, data.size() - done); }),
                data.size(), "write");
}

Status pwrite_all(int fd, Bytes data, uint64_t offset) {
  return all_of(transfer(data.size(), "write",
                         [&](size_t done) {
                           return pwrite(fd, data.data() + done, data.size() - done,
                                         static_cast<off_t>(offset + done));
                         }),
                data.size(), "write");
}

Result<uint64_t> file_size(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return fail_errno(errno, "cannot stat");
  return static_cast<uint64_t>(status.st_size);
}

}  // namespace kdump
