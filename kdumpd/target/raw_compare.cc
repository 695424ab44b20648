// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/raw_compare.h"

#include <algorithm>

#include "common/fd.h"

namespace kdump::service {
namespace {

constexpr size_t kMostDifferences = 1000;  // more are no bytes that were written twice

}  // namespace

Status Comparison::write_at(uint64_t offset, Bytes data) {
  buffer_.resize(data.size());
  TRY(with_context(pread_exact(fd_, buffer_, offset), "{}", path_));
  if (!std::ranges::equal(buffer_, data)) {
    different_.push_back({offset, offset + data.size()});
    return different_.size() < kMostDifferences ? Status() : finish();
  }
  std::erase_if(different_, [&](const Range& range) {
    return offset <= range.begin && range.end <= offset + data.size();
  });
  return {};
}

Status Comparison::finish() {
  if (different_.empty()) return {};
  return fail(ErrorKind::corrupt, "{}: offset {:#x}: not the bytes that were written", path_,
              different_.front().begin);
}

}  // namespace kdump::service
