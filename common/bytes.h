// SPDX-License-Identifier: GPL-2.0-or-later
// Spans of raw bytes, the currency between readers, codecs and writers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kdump {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using ByteVector = std::vector<std::byte>;

// The object representation of a layout struct.
template <typename T>
  requires std::is_trivially_copyable_v<T>
Bytes bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

template <typename T>
  requires std::is_trivially_copyable_v<T>
MutableBytes mutable_bytes_of(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

inline Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// True when every byte is zero; an empty span is zero.
bool all_zero(Bytes bytes);

}  // namespace kdump
