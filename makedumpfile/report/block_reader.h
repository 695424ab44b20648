// SPDX-License-Identifier: GPL-2.0-or-later
// Virtual memory through one block, so that going through an array costs few reads.
#pragma once

#include "makedumpfile/arch/address_space.h"

namespace kdump {

class BlockReader {
 public:
  explicit BlockReader(VirtualReader reader) : reader_(std::move(reader)) {}

  // The `size` bytes at `addr`. The view holds until the next call.
  Result<Bytes> at(VirtAddr addr, uint64_t size);

 private:
  Status load(VirtAddr addr, uint64_t size);

  VirtualReader reader_;
  VirtAddr begin_;
  ByteVector block_;
};

}  // namespace kdump
