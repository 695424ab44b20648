// SPDX-License-Identifier: GPL-2.0-or-later
// Integers of a fixed byte order without alignment, for on-disk layouts: a struct made of them describes a
// format, and reading a field is just using it.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace kdump {

template <std::integral T, std::endian Order>
class EndianInteger {
 public:
  EndianInteger() = default;
  // Implicit both ways: a layout field is meant to read and assign like the integer it stands for.
  EndianInteger(T value) { *this = value; }  // NOLINT(google-explicit-constructor)

  EndianInteger& operator=(T value) {
    if constexpr (Order != std::endian::native) value = std::byteswap(value);
    std::memcpy(bytes_, &value, sizeof value);
    return *this;
  }

  operator T() const {  // NOLINT(google-explicit-constructor)
    T value;
    std::memcpy(&value, bytes_, sizeof value);
    if constexpr (Order != std::endian::native) value = std::byteswap(value);
    return value;
  }

 private:
  unsigned char bytes_[sizeof(T)] = {};
};

using le16 = EndianInteger<uint16_t, std::endian::little>;
using le32 = EndianInteger<uint32_t, std::endian::little>;
using le64 = EndianInteger<uint64_t, std::endian::little>;
using be16 = EndianInteger<uint16_t, std::endian::big>;
using be32 = EndianInteger<uint32_t, std::endian::big>;
using be64 = EndianInteger<uint64_t, std::endian::big>;

// The integer types of one byte order, as a parameter of layout templates.
template <std::endian Order>
struct IntegersOf {
  static constexpr std::endian kOrder = Order;
  using u16 = EndianInteger<uint16_t, Order>;
  using u32 = EndianInteger<uint32_t, Order>;
  using u64 = EndianInteger<uint64_t, Order>;
  using i32 = EndianInteger<int32_t, Order>;
  using i64 = EndianInteger<int64_t, Order>;
};
using Little = IntegersOf<std::endian::little>;
using Big = IntegersOf<std::endian::big>;

static_assert(sizeof(le64) == 8 && alignof(le64) == 1);

}  // namespace kdump
