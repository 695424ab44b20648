// SPDX-License-Identifier: GPL-2.0-or-later
// Data that goes out byte after byte, in large aligned pieces, and what of it the sink has really taken.
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "common/error.h"
#include "makedumpfile/sink/sink.h"

namespace kdump {

class ForwardOutput {
 public:
  // Pieces end at multiples of this.
  static constexpr size_t kChunkBytes = size_t{1} << 20;

  // `sink` must outlive this.
  explicit ForwardOutput(RandomAccess& sink) : sink_(sink) {}

  // The next byte goes to `offset`.
  void begin(uint64_t offset);
  // Nothing has begun; the sink has been full before, so what it takes is asked for more often.
  void restart();
  Status put(Bytes data);
  Status put_zeros(uint64_t size);
  // What waits here goes out.
  Status flush();
  // The same, and the sink has taken it.
  Status settle();
  // Gives back the memory of what has gone out.
  void release() { chunk_.shrink_to_fit(); }
  // After an error: a full target may still take a part of what waits. Afterwards settled() tells what it
  // has.
  void rescue();

  [[nodiscard]] bool begun() const { return begun_; }
  // One past the last byte that was put.
  [[nodiscard]] uint64_t end() const { return offset_ + chunk_.size(); }
  // The sink has taken all before this.
  [[nodiscard]] uint64_t settled() const { return settled_; }

 private:
  RandomAccess& sink_;
  ByteVector chunk_;
  uint64_t offset_ = 0;  // where chunk_ goes
  uint64_t settled_ = 0;
  bool begun_ = false;
  bool careful_ = false;
};

}  // namespace kdump
