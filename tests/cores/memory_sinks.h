// SPDX-License-Identifier: GPL-2.0-or-later
// Targets in memory of the kernel's, so that what is written counts for nobody's heap.
#pragma once

#include <cerrno>
#include <limits>

#include "makedumpfile/sink/sink.h"
#include "tests/cores/mutation.h"

namespace kdump::test {

inline constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

class MemoryPlace : public RandomAccess {
 public:
  explicit MemoryPlace(MemoryFile& file, uint64_t capacity = kUnlimited)
      : file_(&file), capacity_(capacity) {}

  Status write_at(uint64_t offset, Bytes data) override {
    if (offset > capacity_ || data.size() > capacity_ - offset)
      return fail_errno(ENOSPC, "memory: cannot write");
    file_->write(offset, data);
    return {};
  }
  Status allocate(uint64_t offset, uint64_t size) override {
    if (offset > capacity_ || size > capacity_ - offset) return fail_errno(ENOSPC, "memory: cannot allocate");
    if (offset + size > file_->size()) file_->truncate(offset + size);
    return {};
  }
  Status restart() override {
    file_->truncate(0);
    return {};
  }
  Status finish() override { return {}; }

 private:
  MemoryFile* file_;
  uint64_t capacity_;
};

class MemoryStream : public Stream {
 public:
  explicit MemoryStream(MemoryFile& file, uint64_t capacity = kUnlimited) : place_(file, capacity) {}

  Status write(Bytes data) override {
    TRY(place_.write_at(end_, data));
    end_ += data.size();
    return {};
  }
  Status finish() override { return {}; }

 private:
  MemoryPlace place_;
  uint64_t end_ = 0;
};

}  // namespace kdump::test
