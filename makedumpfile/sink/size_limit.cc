// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/size_limit.h"

#include <cerrno>

namespace kdump {
namespace {

Status check_limit(uint64_t end, uint64_t limit, LimitedBy by) {
  if (end <= limit) return {};
  const std::string_view why = by == LimitedBy::option ? "the size limit of -L is reached"
                                                       : "no space left but what stays free (min_free)";
  return make_failure(ErrorKind::no_space, ENOSPC, fmt::format("{}: {} bytes may be written", why, limit));
}

}  // namespace

Status LimitedPlace::write_at(uint64_t offset, Bytes data) {
  TRY(check_limit(offset + data.size(), limit_, by_));
  return place_.write_at(offset, data);
}

Status LimitedPlace::allocate(uint64_t offset, uint64_t size) {
  TRY(check_limit(offset + size, limit_, by_));
  return place_.allocate(offset, size);
}

Status LimitedStream::write(Bytes data) {
  TRY(check_limit(written_ + data.size(), limit_, by_));
  written_ += data.size();
  return stream_.write(data);
}

Status LimitedStream::restart() {
  TRY(stream_.restart());
  written_ = 0;
  return {};
}

}  // namespace kdump
