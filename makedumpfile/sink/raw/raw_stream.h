// SPDX-License-Identifier: GPL-2.0-or-later
// A flattened dump onto a bare device, whose start block comes last (common/layout/raw_device.h).
#pragma once

#include <memory>
#include <string>

#include "makedumpfile/sink/sink.h"

namespace kdump {

class RawStream final : public Stream {
 public:
  // Marks the dump on the device behind `fd`, which stays the caller's, as incomplete. The stream may take
  // `limit` bytes of it, a multiple of the block size; `name` is for errors.
  static Result<std::unique_ptr<Stream>> create(int fd, std::string name, uint64_t limit);

  // ErrorKind::no_space beyond the limit: a device cannot grow.
  Status write(Bytes data) override;
  Status restart() override;
  // Syncs, then writes the start block, and syncs again: only fsync says what is on the device.
  Status finish() override;

 private:
  RawStream(int fd, std::string name, uint64_t limit);
  Status write_start_block(Bytes block);
  Status flush();
  Status bound_writeback();
  Status sync();

  std::string name_;
  ByteVector start_;   // the first block, kept back
  ByteVector buffer_;  // what is not written yet, from offset_ on
  uint64_t limit_;
  uint64_t offset_;            // in the device, a multiple of the block size
  uint64_t asked_ = 0;         // the kernel was asked to write everything before this offset
  uint64_t written_back_ = 0;  // and has done so before this one
  int fd_;
};

}  // namespace kdump
