// SPDX-License-Identifier: GPL-2.0-or-later
// A flattened stream of any bytes: it ends with an error or with a file, and every write lies in reason.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "makedumpfile/format/reassembler.h"

namespace {

class CheckingSink : public kdump::RandomAccess {
 public:
  kdump::Status write_at(uint64_t offset, kdump::Bytes data) override {
    if (offset > INT64_MAX || data.size() > INT64_MAX - offset) std::abort();
    end = std::max(end, offset + data.size());
    return {};
  }
  kdump::Status finish() override { return {}; }

  uint64_t end = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  size_t position = 0;
  const auto read = [&](kdump::MutableBytes out) -> kdump::Result<size_t> {
    const size_t n = std::min(out.size(), size - position);
    if (n != 0) std::memcpy(out.data(), data + position, n);
    position += n;
    return n;
  };
  CheckingSink sink;
  const auto end = kdump::reassemble(read, "fuzz", sink);
  if (end && *end < sink.end) std::abort();
  const auto read_at = [&](uint64_t offset, kdump::MutableBytes out) -> kdump::Result<size_t> {
    if (offset >= size) return 0;
    const size_t n = std::min<uint64_t>(out.size(), size - offset);
    std::memcpy(out.data(), data + offset, n);
    return n;
  };
  // Who only looks at the headers sees the same stream.
  const auto extent = kdump::measure_flattened(read_at, "fuzz");
  if (extent.has_value() != end.has_value() || (extent && extent->file_bytes != *end)) std::abort();
  return 0;
}
