// SPDX-License-Identifier: GPL-2.0-or-later
// The only way foreign bytes enter: a reader over a span that checks every bound and whose errors name the
// source, the offset and the field ("/proc/vmcore: offset 0x40: program header: needs 56 bytes, 12 left").
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

class Cursor {
 public:
  // `source` names the file or region in errors; `base` is where data[0] lies in it, in bytes.
  Cursor(Bytes data, std::string_view source, uint64_t base = 0)
      : data_(data), source_(source), base_(base) {}

  // Offset of the next byte from the start of the span.
  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] size_t remaining() const { return data_.size() - offset_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }

  // The next sizeof(T) bytes as a layout struct.
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  Result<T> read(std::string_view field) {
    const Bytes raw = TRY(bytes(sizeof(T), field));
    T value{};
    std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }

  // A view of the next `size` bytes.
  Result<Bytes> bytes(uint64_t size, std::string_view field);
  // The bytes up to the next NUL (which is consumed), or an error when there is none.
  Result<std::string_view> c_string(std::string_view field);
  Status skip(uint64_t size, std::string_view field);
  Status seek(uint64_t offset, std::string_view field);
  // Skips to the next multiple of `alignment` (a power of two) counted from the start of the span.
  Status align(size_t alignment, std::string_view field);

  // An ErrorKind::corrupt failure that names the source, the current offset and the field.
  [[nodiscard]] Failure corrupt(std::string_view field, std::string_view what) const;

 private:
  Bytes data_;
  std::string source_;
  uint64_t base_;
  size_t offset_ = 0;
};

}  // namespace kdump
