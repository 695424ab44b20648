// SPDX-License-Identifier: GPL-2.0-or-later
// File descriptors that close themselves, and the few whole-buffer operations on them. EINTR is retried
// everywhere.
#pragma once

#include <fcntl.h>

#include <string>
#include <utility>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  explicit operator bool() const { return valid(); }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// open(2) with O_CLOEXEC; the error names the path.
Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode = 0);

// Reads until `out` is full or the file ends; the count of bytes read.
Result<size_t> read_up_to(int fd, MutableBytes out);
Result<size_t> pread_up_to(int fd, MutableBytes out, uint64_t offset);
// Reads exactly out.size() bytes; an early end is an error.
Status pread_exact(int fd, MutableBytes out, uint64_t offset);

Status write_all(int fd, Bytes data);
Status pwrite_all(int fd, Bytes data, uint64_t offset);

Result<uint64_t> file_size(int fd);

}  // namespace kdump
