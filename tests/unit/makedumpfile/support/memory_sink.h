// SPDX-License-Identifier: GPL-2.0-or-later
// Sinks in memory, which can be full.
#pragma once

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "makedumpfile/sink/sink.h"

namespace kdump::test {

class MemorySink : public RandomAccess {
 public:
  struct Write {
    uint64_t offset;
    uint64_t size;
  };

  Status write_at(uint64_t offset, Bytes data) override {
    writes.push_back({offset, data.size()});
    const bool allocated = offset + data.size() <= allocated_end;
    // Like a filesystem: what fits is written, the rest is an error.
    const uint64_t end = allocated ? offset + data.size() : std::min(offset + data.size(), capacity);
    if (end > offset) {
      bytes.resize(std::max<uint64_t>(bytes.size(), end));
      std::memcpy(bytes.data() + offset, data.data(), end - offset);
    }
    if (end < offset + data.size()) return fail_errno(ENOSPC, "memory: cannot write");
    return {};
  }
  Status allocate(uint64_t offset, uint64_t size) override {
    if (offset + size > capacity) return fail_errno(ENOSPC, "memory: cannot allocate");
    allocated_end = offset + size;
    bytes.resize(std::max<uint64_t>(bytes.size(), offset + size));
    return {};
  }
  Status restart() override {
    bytes.clear();
    allocated_end = 0;
    ++restarts;
    return {};
  }
  Status discard() override {
    discarded = true;
    return {};
  }
  Status finish() override {
    finished = true;
    return {};
  }

  template <typename T>
  T at(uint64_t offset) const {
    T value{};
    if (offset + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  }

  ByteVector bytes;
  std::vector<Write> writes;
  uint64_t capacity = std::numeric_limits<uint64_t>::max();
  uint64_t allocated_end = 0;
  int restarts = 0;
  bool discarded = false;
  bool finished = false;
};

class MemoryStream : public Stream {
 public:
  Status write(Bytes data) override {
    bytes.insert(bytes.end(), data.begin(), data.end());
    return {};
  }
  Status restart() override {
    bytes.clear();
    return {};
  }
  Status finish() override {
    finished = true;
    return {};
  }

  ByteVector bytes;
  bool finished = false;
};

}  // namespace kdump::test
