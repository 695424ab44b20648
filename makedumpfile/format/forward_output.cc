// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/forward_output.h"

#include <algorithm>

namespace kdump {

void ForwardOutput::begin(uint64_t offset) {
  begun_ = true;
  offset_ = settled_ = offset;
  chunk_.clear();
  chunk_.reserve(kChunkBytes);
}

void ForwardOutput::restart() {
  begun_ = false;
  careful_ = true;
  offset_ = settled_ = 0;
  chunk_.clear();
}

Status ForwardOutput::put(Bytes data) {
  while (!data.empty()) {
    const size_t room = kChunkBytes - offset_ % kChunkBytes - chunk_.size();
    const Bytes part = data.first(std::min(room, data.size()));
    chunk_.insert(chunk_.end(), part.begin(), part.end());
    data = data.subspan(part.size());
    if (part.size() == room) TRY(flush());
  }
  return {};
}

Status ForwardOutput::put_zeros(uint64_t size) {
  while (size != 0) {
    const uint64_t room = kChunkBytes - offset_ % kChunkBytes - chunk_.size();
    const uint64_t part = std::min(room, size);
    chunk_.resize(chunk_.size() + part);
    size -= part;
    if (part == room) TRY(flush());
  }
  return {};
}

Status ForwardOutput::flush() {
  if (chunk_.empty()) return {};
  TRY(sink_.write_at(offset_, chunk_));
  offset_ += chunk_.size();
  chunk_.clear();
  const uint64_t every = careful_ ? std::min(kRoundTripBytes, sink_.settle_every()) : sink_.settle_every();
  if (!sink_.answers_late() || offset_ - settled_ < every) return {};
  return settle();
}

Status ForwardOutput::settle() {
  TRY(flush());
  TRY(sink_.settle());
  settled_ = offset_;
  return {};
}

void ForwardOutput::rescue() {
  if (sink_.answers_late()) {
    // Whatever was refused is told now, so that it is not taken for what follows.
    constexpr int kMostRefusals = 64;
    for (int i = 0; i < kMostRefusals && !sink_.settle(); ++i) {
    }
    return;
  }
  constexpr size_t kPiece = size_t{64} << 10;
  for (Bytes left = chunk_; !left.empty();) {
    const Bytes piece = left.first(std::min(kPiece, left.size()));
    if (!sink_.write_at(offset_, piece)) break;
    offset_ += piece.size();
    left = left.subspan(piece.size());
  }
  settled_ = offset_;
}

}  // namespace kdump
