// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/kallsyms_names.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxSize = uint64_t{128} << 20;  // bytes; real ones have 1 to 10 MiB
constexpr size_t kChunk = size_t{64} << 10;
constexpr size_t kPage = 4096;

}  // namespace

Result<std::byte> KallsymsNames::byte() {
  if (at_ == chunk_.size()) TRY(refill());
  return chunk_[at_++];
}

Result<size_t> KallsymsNames::length() {
  const auto low = std::to_integer<size_t>(TRY(byte()));
  if (low < 0x80) return low;
  return (low & 0x7f) | std::to_integer<size_t>(TRY(byte())) << 7;
}

// A chunk, or where that cannot be read, what is left of the page: what lies behind the table need not be
// readable.
Status KallsymsNames::refill() {
  if (next_ - start_ > kMaxSize)
    return fail(ErrorKind::corrupt, "kallsyms_names: no end within {} bytes", next_ - start_);
  const size_t page_left = kPage - next_.value() % kPage;
  chunk_.resize(page_left == kPage ? kChunk : page_left);
  at_ = 0;
  if (const Status whole = reader_->read(next_, chunk_); !whole) {
    chunk_.resize(page_left);
    const Status page = reader_->read(next_, chunk_);
    if (!page) chunk_.clear();
    TRY(with_context(page, "kallsyms_names"));
  }
  next_ += chunk_.size();
  return {};
}

}  // namespace kdump
