// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/raw/raw_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/fd.h"
#include "common/layout/flattened.h"
#include "common/layout/raw_device.h"
#include "common/text.h"

namespace kdump {
namespace {

using raw_device::kBlockSize;

constexpr size_t kBufferBytes = size_t{1} << 20;
constexpr uint64_t kWritebackStep = uint64_t{8} << 20;

static_assert(flattened::kStartBlockSize == kBlockSize);

}  // namespace

RawStream::RawStream(int fd, std::string name, uint64_t limit)
    : name_(std::move(name)), limit_(limit), offset_(kBlockSize), fd_(fd) {
  start_.reserve(kBlockSize);
  buffer_.reserve(kBufferBytes);
}

Result<std::unique_ptr<Stream>> RawStream::create(int fd, std::string name, uint64_t limit) {
  std::unique_ptr<RawStream> stream(new RawStream(fd, std::move(name), limit));
  ByteVector block(kBlockSize);
  std::memcpy(block.data(), raw_device::kIncompleteSignature, sizeof raw_device::kIncompleteSignature);
  TRY(stream->write_start_block(block));
  return stream;
}

// Whole blocks: the kernel reads a block from the device first that is only written in part.
Status RawStream::write(Bytes data) {
  const uint64_t taken = start_.size() + (offset_ - kBlockSize) + buffer_.size();
  if (data.size() > limit_ - taken)
    return fail(ErrorKind::no_space, "{} is full: {} of it can hold a dump", name_, human_size(limit_));
  const Bytes head = data.first(std::min(data.size(), kBlockSize - start_.size()));
  start_.insert(start_.end(), head.begin(), head.end());
  data = data.subspan(head.size());
  while (!data.empty()) {
    const Bytes part = data.first(std::min(data.size(), kBufferBytes - buffer_.size()));
    buffer_.insert(buffer_.end(), part.begin(), part.end());
    data = data.subspan(part.size());
    if (buffer_.size() == kBufferBytes) TRY(flush());
  }
  return {};
}

Status RawStream::flush() {
  buffer_.resize((buffer_.size() + kBlockSize - 1) / kBlockSize * kBlockSize);
  TRY(with_context(pwrite_all(fd_, buffer_, offset_), "{}: offset {:#x}", name_, offset_));
  offset_ += buffer_.size();
  buffer_.clear();
  return bound_writeback();
}

// The capture kernel has little memory for dirty pages, and an error is worth knowing soon.
Status RawStream::bound_writeback() {
  if (offset_ - asked_ < kWritebackStep) return {};
  const auto at = static_cast<off_t>(written_back_);
  const auto before = static_cast<off_t>(asked_ - written_back_);
  if (before != 0 &&
      sync_file_range(fd_, at, before,
                      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) != 0)
    return fail_errno(errno, "cannot write {}", name_);
  if (before != 0) posix_fadvise(fd_, at, before, POSIX_FADV_DONTNEED);
  sync_file_range(fd_, static_cast<off_t>(asked_), static_cast<off_t>(offset_ - asked_),
                  SYNC_FILE_RANGE_WRITE);
  written_back_ = asked_;
  asked_ = offset_;
  return {};
}

// The start block says incomplete all the time, and the end record makes what lies behind it meaningless.
Status RawStream::restart() {
  start_.clear();
  buffer_.clear();
  offset_ = kBlockSize;
  asked_ = written_back_ = 0;
  return {};
}

Status RawStream::finish() {
  start_.resize(kBlockSize);
  TRY(flush());
  TRY(sync());
  return write_start_block(start_);
}

Status RawStream::write_start_block(Bytes block) {
  TRY(with_context(pwrite_all(fd_, block, 0), "{}", name_));
  return sync();
}

Status RawStream::sync() {
  if (fsync(fd_) != 0) return fail_errno(errno, "cannot sync {}", name_);
  return {};
}

}  // namespace kdump
