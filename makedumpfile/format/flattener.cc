// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/flattener.h"

#include <array>
#include <cstring>

#include "common/layout/flattened.h"

namespace kdump {

Status Flattener::start() {
  if (started_) return {};
  started_ = true;
  flattened::StartHeader header{};
  std::memcpy(header.signature, flattened::kSignature, sizeof header.signature);
  header.type = flattened::kType;
  header.version = flattened::kVersion;
  std::array<std::byte, flattened::kStartBlockSize> block{};
  std::memcpy(block.data(), &header, sizeof header);
  return stream_.write(block);
}

Status Flattener::write_at(uint64_t offset, Bytes data) {
  TRY(start());
  if (data.empty()) return {};
  flattened::RecordHeader record{};
  record.offset = static_cast<int64_t>(offset);
  record.size = static_cast<int64_t>(data.size());
  TRY(stream_.write(bytes_of(record)));
  return stream_.write(data);
}

Status Flattener::restart() {
  TRY(stream_.restart());
  started_ = false;
  return {};
}

Status Flattener::finish() {
  TRY(start());
  flattened::RecordHeader end{};
  end.offset = flattened::kEndMark;
  end.size = flattened::kEndMark;
  TRY(stream_.write(bytes_of(end)));
  return stream_.finish();
}

}  // namespace kdump
