// SPDX-License-Identifier: GPL-2.0-or-later
// A sink that is full after a number of bytes: what keeps some of a server's space free (min_free), where the
// sink itself cannot look, and what makedumpfile -L asks for.
#pragma once

#include <cstdint>

#include "makedumpfile/sink/sink.h"

namespace kdump {

// For the error.
enum class LimitedBy { min_free, option };

class LimitedPlace : public RandomAccess {
 public:
  // `place` must outlive this. `limit`: bytes that may be written at most, from the start of the file on.
  LimitedPlace(RandomAccess& place, uint64_t limit, LimitedBy by = LimitedBy::min_free)
      : place_(place), limit_(limit), by_(by) {}

  Status write_at(uint64_t offset, Bytes data) override;
  Status allocate(uint64_t offset, uint64_t size) override;
  [[nodiscard]] bool rewritable() const override { return place_.rewritable(); }
  [[nodiscard]] bool answers_late() const override { return place_.answers_late(); }
  [[nodiscard]] uint64_t settle_every() const override { return place_.settle_every(); }
  Status settle() override { return place_.settle(); }
  Status restart() override { return place_.restart(); }
  Status discard() override { return place_.discard(); }
  Status sync() override { return place_.sync(); }
  Status finish() override { return place_.finish(); }
  void withdraw() override { place_.withdraw(); }
  [[nodiscard]] std::string remains() const override { return place_.remains(); }

 private:
  RandomAccess& place_;
  uint64_t limit_;
  LimitedBy by_;
};

class LimitedStream : public Stream {
 public:
  // `stream` must outlive this.
  LimitedStream(Stream& stream, uint64_t limit, LimitedBy by = LimitedBy::min_free)
      : stream_(stream), limit_(limit), by_(by) {}

  Status write(Bytes data) override;
  Status restart() override;
  Status finish() override { return stream_.finish(); }

 private:
  Stream& stream_;
  uint64_t limit_;
  LimitedBy by_;
  uint64_t written_ = 0;
};

}  // namespace kdump
