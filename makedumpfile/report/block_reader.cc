// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/block_reader.h"

#include <algorithm>

namespace kdump {
namespace {

constexpr uint64_t kBlock = 65536;

}  // namespace

Result<Bytes> BlockReader::at(VirtAddr addr, uint64_t size) {
  const bool inside = addr >= begin_ && size <= block_.size() && addr - begin_ <= block_.size() - size;
  if (!inside) TRY(load(addr, size));
  return Bytes(block_).subspan(addr - begin_, size);
}

// Reads a block from `addr`; where memory ends before it does, ever less of it, but never less than is
// needed.
Status BlockReader::load(VirtAddr addr, uint64_t size) {
  begin_ = addr;
  for (uint64_t wanted = std::max(kBlock, size);; wanted = std::max(wanted / 2, size)) {
    block_.resize(wanted);
    const Status read = reader_.read(addr, block_);
    if (read) return {};
    block_.clear();
    if (wanted == size) return read;
  }
}

}  // namespace kdump
