// SPDX-License-Identifier: GPL-2.0-or-later
// A sink that is full after a number of bytes: what keeps some of a server's space free (min_free), where the
// sink itself cannot look.
#pragma once

#include <cstdint>

#include "makedumpfile/sink/sink.h"

namespace kdump {

class LimitedPlace : public RandomAccess {
 public:
  // `place` must outlive this. `limit`: bytes that may be written at most, from the start of the file on.
  LimitedPlace(RandomAccess& place, uint64_t limit) : place_(place), limit_(limit) {}

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
  [[nodiscard]] std::string remains() const override { return place_.remains(); }

 private:
  RandomAccess& place_;
  uint64_t limit_;
};

class LimitedStream : public Stream {
 public:
  // `stream` must outlive this.
  LimitedStream(Stream& stream, uint64_t limit) : stream_(stream), limit_(limit) {}

  Status write(Bytes data) override;
  Status restart() override;
  Status finish() override { return stream_.finish(); }

 private:
  Stream& stream_;
  uint64_t limit_;
  uint64_t written_ = 0;
};

}  // namespace kdump
