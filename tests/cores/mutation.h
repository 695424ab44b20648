// SPDX-License-Identifier: GPL-2.0-or-later
// One file made wrong, by a number: the same number makes the same changes everywhere.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/fd.h"

namespace kdump::test {

// A file in memory, with holes where it has them.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name);
  // Any other file, to copy from.
  explicit MemoryFile(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::string path() const;
  [[nodiscard]] uint64_t size() const;
  // [begin, end) of what is no hole.
  [[nodiscard]] std::vector<std::pair<uint64_t, uint64_t>> extents() const;
  void copy_from(const MemoryFile& other);
  void write(uint64_t offset, Bytes bytes);
  void read(uint64_t offset, MutableBytes out) const;
  void truncate(uint64_t size);

 private:
  UniqueFd fd_;
};

// The engine of one case. Of std's distributions none is the same everywhere.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  uint64_t below(uint64_t bound) { return bound == 0 ? 0 : engine_() % bound; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  uint64_t any() { return engine_(); }
  template <typename T, size_t n>
  const T& of(const T (&choices)[n]) {
    return choices[below(n)];
  }

 private:
  std::mt19937_64 engine_;
};

// Changes `file`; what was done, in words.
std::string mutate(MemoryFile& file, Dice& dice);

}  // namespace kdump::test
