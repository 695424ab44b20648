// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/cursor.h"

#include <algorithm>

namespace kdump {

Result<Bytes> Cursor::bytes(uint64_t size, std::string_view field) {
  if (size > remaining()) return corrupt(field, fmt::format("needs {} bytes, {} left", size, remaining()));
  const Bytes view = data_.subspan(offset_, static_cast<size_t>(size));
  offset_ += static_cast<size_t>(size);
  return view;
}

Result<std::string_view> Cursor::c_string(std::string_view field) {
  const Bytes rest = data_.subspan(offset_);
  const auto nul = std::ranges::find(rest, std::byte{0});
  if (nul == rest.end()) return corrupt(field, "string without an end");
  const auto length = static_cast<size_t>(nul - rest.begin());
  offset_ += length + 1;
  return text_of(rest.first(length));
}

Status Cursor::skip(uint64_t size, std::string_view field) {
  TRY(bytes(size, field));
  return {};
}

Status Cursor::seek(uint64_t offset, std::string_view field) {
  if (offset > data_.size()) {
    return corrupt(field, fmt::format("lies at offset {:#x}, the data ends at {:#x}", base_ + offset,
                                      base_ + data_.size()));
  }
  offset_ = static_cast<size_t>(offset);
  return {};
}

Status Cursor::align(size_t alignment, std::string_view field) {
  const size_t padding = (alignment - (offset_ & (alignment - 1))) & (alignment - 1);
  return skip(padding, field);
}

Failure Cursor::corrupt(std::string_view field, std::string_view what) const {
  return fail(ErrorKind::corrupt, "{}: offset {:#x}: {}: {}", source_, base_ + offset_, field, what);
}

}  // namespace kdump
