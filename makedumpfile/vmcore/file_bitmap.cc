// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/file_bitmap.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace kdump {
namespace {

uint64_t count_bits(Bytes bytes) {
  uint64_t count = 0;
  for (; bytes.size() >= sizeof(uint64_t); bytes = bytes.subspan(sizeof(uint64_t))) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    count += static_cast<uint64_t>(std::popcount(word));
  }
  for (const std::byte byte : bytes)
    count += static_cast<uint64_t>(std::popcount(std::to_integer<unsigned>(byte)));
  return count;
}

bool is_set(Bytes bits, uint64_t bit) {
  return (std::to_integer<unsigned>(bits[bit / 8]) >> (bit % 8) & 1) != 0;
}

// Set bits before the `bit`th.
uint64_t count_before(Bytes bits, uint64_t bit) {
  const auto last = bit % 8 == 0 ? 0U : std::to_integer<unsigned>(bits[bit / 8]) & ((1U << (bit % 8)) - 1);
  return count_bits(bits.first(bit / 8)) + static_cast<uint64_t>(std::popcount(last));
}

}  // namespace

Result<std::unique_ptr<FileBitmap>> FileBitmap::index(const ByteSource& source, uint64_t offset, Pfn end,
                                                      std::string_view field) {
  std::unique_ptr<FileBitmap> bitmap(new FileBitmap(source, offset, end, field));
  TRY(bitmap->count_blocks());
  return bitmap;
}

Status FileBitmap::count_blocks() {
  constexpr uint64_t kBlocksAtOnce = 64;
  const uint64_t blocks = (end_.value() + kBlockPages - 1) / kBlockPages;
  counts_.reserve(blocks + 1);
  counts_.push_back(0);
  ByteVector buffer;
  for (uint64_t first = 0; first < blocks; first += kBlocksAtOnce) {
    const uint64_t number = std::min(kBlocksAtOnce, blocks - first);
    buffer.resize(number * kBlockBytes);
    TRY(read(Pfn(first * kBlockPages), buffer));
    for (uint64_t i = 0; i < number; ++i)
      counts_.push_back(counts_.back() + count_bits(Bytes(buffer).subspan(i * kBlockBytes, kBlockBytes)));
  }
  return {};
}

Status FileBitmap::read(Pfn first, MutableBytes out) const {
  const uint64_t left = first < end_ ? end_ - first : 0;
  const uint64_t bytes = std::min<uint64_t>(out.size(), (left + 7) / 8);
  TRY(with_context(source_->read(offset_ + first.value() / 8, out.first(bytes)), "{}", field_));
  std::ranges::fill(out.subspan(bytes), std::byte{0});
  if (bytes * 8 > left) out[bytes - 1] &= static_cast<std::byte>((1U << (left % 8)) - 1);
  return {};
}

Result<uint64_t> FileBitmap::rank(Pfn pfn) const {
  const uint64_t number = pfn.value() / kBlockPages;
  const uint64_t inside = pfn.value() % kBlockPages;
  if (inside == 0) return counts_[number];
  return counts_[number] + count_before(TRY(block(number))->bytes, inside);
}

Result<FileBitmap::Run> FileBitmap::run(Pfn first, uint64_t most) const {
  const uint64_t number = first.value() / kBlockPages;
  const uint64_t inside = first.value() % kBlockPages;
  const Shared found = TRY(block(number));
  Run run;
  while (run.pages < most && inside + run.pages < kBlockPages && is_set(found->bytes, inside + run.pages))
    ++run.pages;
  if (run.pages != 0) run.rank = counts_[number] + count_before(found->bytes, inside);
  return run;
}

Result<FileBitmap::Shared> FileBitmap::block(uint64_t number) const {
  if (Shared found = find_block(number)) return found;
  auto loaded = std::make_shared<Block>(Block{number, ByteVector(kBlockBytes)});
  TRY(read(Pfn(number * kBlockPages), loaded->bytes));
  const std::scoped_lock lock(mutex_);
  std::ranges::rotate(recent_, recent_.end() - 1);
  recent_.front() = loaded;
  return loaded;
}

FileBitmap::Shared FileBitmap::find_block(uint64_t number) const {
  const std::scoped_lock lock(mutex_);
  const auto hit = std::ranges::find_if(recent_, [&](const Shared& b) { return b && b->number == number; });
  if (hit == recent_.end()) return nullptr;
  std::rotate(recent_.begin(), hit, hit + 1);
  return recent_.front();
}

}  // namespace kdump
