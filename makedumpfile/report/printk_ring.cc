// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/printk_ring.h"

#include <algorithm>
#include <cstring>

#include "makedumpfile/kernel/printk_ring_layout.h"

namespace kdump {
namespace {

// So many descriptors in a row that cannot be read: the rest cannot either.
constexpr unsigned kPatience = 4096;

// States of prb_desc.state_var, in its top two bits.
constexpr uint64_t kCommitted = 1, kFinalized = 2;

// Virtual memory through one block, so that going through an array costs few reads.
class BlockReader {
 public:
  explicit BlockReader(VirtualReader reader) : reader_(std::move(reader)) {}

  // The view holds until the next call.
  Result<Bytes> at(VirtAddr addr, uint64_t size) {
    const bool inside = addr >= begin_ && addr - begin_ + size <= block_.size();
    if (!inside) TRY(load(addr, size));
    return Bytes(block_).subspan(addr - begin_, size);
  }

 private:
  static constexpr uint64_t kBlock = 65536;

  // Reads a block from `addr`; where memory ends before it does, ever less of it, but never less than is
  // needed.
  Status load(VirtAddr addr, uint64_t size) {
    begin_ = addr;
    for (uint64_t wanted = std::max(kBlock, size);; wanted = std::max(wanted / 2, size)) {
      block_.resize(wanted);
      const Status read = reader_.read(addr, block_);
      if (read) return {};
      block_.clear();
      if (wanted == size) return read;
    }
  }

  VirtualReader reader_;
  VirtAddr begin_;
  ByteVector block_;
};

template <typename T>
T load(Bytes bytes, uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Where a record's text lies in the ring.
struct TextBlock {
  uint64_t begin;
  uint64_t size;
};

class RingReader {
 public:
  RingReader(const PrintkRingLayout& layout, const PrintkRing& ring, const VirtualReader& reader)
      : layout_(layout), ring_(ring), descs_(reader), infos_(reader), texts_(reader) {}

  Status read_all(const std::function<Status(const PrintkRecord&)>& take) {
    // A ring cannot hold more records than it has descriptors, whatever the ids say.
    const uint64_t records =
        std::min(((ring_.head_id - ring_.tail_id) & kPrintkIdMask) + 1, ring_.desc_count);
    unsigned unreadable = 0;
    for (uint64_t back = records; back-- > 0 && unreadable < kPatience;) {
      const auto record = read_record((ring_.head_id - back) & kPrintkIdMask);
      unreadable = record ? 0 : unreadable + 1;
      if (record && *record) TRY(take(**record));
    }
    return {};
  }

 private:
  // nullopt: no record, or none with text.
  Result<std::optional<PrintkRecord>> read_record(uint64_t id) {
    const uint64_t index = id % ring_.desc_count;
    const Bytes desc = TRY(descs_.at(ring_.descs + index * layout_.desc_size, layout_.desc_size));
    const auto block = text_block(desc, id);
    if (!block) return std::nullopt;
    const Bytes info = TRY(infos_.at(ring_.infos + index * layout_.info_size, layout_.info_size));
    const uint64_t size = std::min<uint64_t>(block->size, load<uint16_t>(info, layout_.text_len));
    const Bytes text = TRY(texts_.at(ring_.text + block->begin, size));
    return PrintkRecord{load<uint64_t>(info, layout_.ts_nsec), text_of(text)};
  }

  [[nodiscard]] std::optional<TextBlock> text_block(Bytes desc, uint64_t id) const {
    const auto state_var = load<uint64_t>(desc, layout_.state_var);
    const uint64_t state = state_var >> 62;
    if ((state_var & kPrintkIdMask) != id || (state != kCommitted && state != kFinalized))
      return std::nullopt;
    uint64_t begin = load<uint64_t>(desc, layout_.begin) % ring_.text_size;
    const uint64_t next = load<uint64_t>(desc, layout_.next) % ring_.text_size;
    if (begin == next) return std::nullopt;  // a record without text
    if (begin > next) begin = 0;             // it wrapped
    begin += sizeof(uint64_t);               // the id
    return begin < next ? std::optional(TextBlock{begin, next - begin}) : std::nullopt;
  }

  PrintkRingLayout layout_;
  PrintkRing ring_;
  BlockReader descs_, infos_, texts_;
};

}  // namespace

Status read_printk_ring(const KernelInfo& kernel, const std::function<Status(const PrintkRecord&)>& take) {
  VirtualReader reader = TRY(kernel.address_space().reader());
  const PrintkRingLayout layout = TRY(printk_ring_layout(kernel.facts()));
  const PrintkRing ring = TRY(find_printk_ring(kernel.facts(), reader));
  return RingReader(layout, ring, reader).read_all(take);
}

}  // namespace kdump
