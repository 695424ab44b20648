// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes by file offset: what the readers of the dump formats stand on. A regular file is read with pread
// only, since a mapping of a truncated file would end in SIGBUS; /proc/vmcore has its own source
// (mapped_source.h).
#pragma once

#include <memory>
#include <string>

#include "common/bytes.h"
#include "common/error.h"
#include "common/fd.h"

namespace kdump {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual uint64_t size() const = 0;  // bytes
  // Fills `out` from `offset` (bytes). Errors name the file and the offset; reading past the end is one. May
  // be called from several threads.
  virtual Status read(uint64_t offset, MutableBytes out) const = 0;
};

// A regular file, or any other that pread can read.
class FileSource final : public ByteSource {
 public:
  FileSource(std::string name, UniqueFd fd, uint64_t size)
      : name_(std::move(name)), fd_(std::move(fd)), size_(size) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] uint64_t size() const override { return size_; }
  Status read(uint64_t offset, MutableBytes out) const override;
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  std::string name_;
  UniqueFd fd_;
  uint64_t size_;
};

// `source`'s bytes [offset, offset + size), which are `field`; an error names the file, the offset and the
// field when they reach past its end.
Result<ByteVector> read_region(const ByteSource& source, uint64_t offset, uint64_t size,
                               std::string_view field);

}  // namespace kdump
