// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/attended.h"

#include <algorithm>

namespace kdump::worker {
namespace {

// A slow line takes one of these within any timeout; a fast one does not feel it.
constexpr uint64_t kPiece = uint64_t{256} << 10;

class AttendedPlace final : public RandomAccess {
 public:
  AttendedPlace(std::unique_ptr<RandomAccess> place, Channel& channel)
      : place_(std::move(place)), channel_(channel) {}

  Status write_at(uint64_t offset, Bytes data) override {
    while (!data.empty()) {
      const Bytes piece = data.first(std::min<size_t>(data.size(), kPiece));
      TRY(place_->write_at(offset, piece));
      channel_.alive();
      offset += piece.size();
      data = data.subspan(piece.size());
    }
    return {};
  }
  Status allocate(uint64_t offset, uint64_t size) override {
    constexpr uint64_t kAllocated = 16 * kPiece;
    for (uint64_t done = 0; done < size; done += kAllocated) {
      TRY(place_->allocate(offset + done, std::min(kAllocated, size - done)));
      channel_.alive();
    }
    return {};
  }
  [[nodiscard]] bool rewritable() const override { return place_->rewritable(); }
  [[nodiscard]] bool answers_late() const override { return place_->answers_late(); }
  [[nodiscard]] uint64_t settle_every() const override { return place_->settle_every(); }
  Status settle() override { return place_->settle(); }
  Status restart() override { return place_->restart(); }
  Status discard() override { return place_->discard(); }
  Status sync() override { return place_->sync(); }
  Status finish() override {
    channel_.step("Completing the dump", 0);
    return place_->finish();
  }
  [[nodiscard]] std::string remains() const override { return place_->remains(); }

 private:
  std::unique_ptr<RandomAccess> place_;
  Channel& channel_;
};

class AttendedStream final : public Stream {
 public:
  AttendedStream(std::unique_ptr<Stream> stream, Channel& channel)
      : stream_(std::move(stream)), channel_(channel) {}

  Status write(Bytes data) override {
    while (!data.empty()) {
      const Bytes piece = data.first(std::min<size_t>(data.size(), kPiece));
      TRY(stream_->write(piece));
      channel_.alive();
      data = data.subspan(piece.size());
    }
    return {};
  }
  Status restart() override { return stream_->restart(); }
  Status finish() override { return stream_->finish(); }

 private:
  std::unique_ptr<Stream> stream_;
  Channel& channel_;
};

}  // namespace

std::unique_ptr<RandomAccess> attended(std::unique_ptr<RandomAccess> place, Channel& channel) {
  return std::make_unique<AttendedPlace>(std::move(place), channel);
}

std::unique_ptr<Stream> attended(std::unique_ptr<Stream> stream, Channel& channel) {
  return std::make_unique<AttendedStream>(std::move(stream), channel);
}

}  // namespace kdump::worker
