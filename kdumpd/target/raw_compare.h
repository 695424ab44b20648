// SPDX-License-Identifier: GPL-2.0-or-later
// Holds what was written against what should have been.
#pragma once

#include <string>
#include <vector>

#include "makedumpfile/sink/sink.h"

namespace kdump::service {

// Takes the writes that made a file, in their order, and writes nothing; finish() is an error when the file
// has other bytes. Of bytes that were written twice the later ones count, when they were written by the same
// pieces.
class Comparison final : public RandomAccess {
 public:
  // `fd` stays the caller's.
  Comparison(int fd, std::string path) : path_(std::move(path)), fd_(fd) {}

  Status write_at(uint64_t offset, Bytes data) override;
  Status finish() override;

 private:
  struct Range {
    uint64_t begin;
    uint64_t end;
  };

  std::string path_;
  std::vector<Range> different_;
  ByteVector buffer_;
  int fd_;
};

}  // namespace kdump::service
