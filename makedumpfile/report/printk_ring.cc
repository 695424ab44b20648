// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/printk_ring.h"

#include <algorithm>
#include <cstring>

#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/printk_ring_layout.h"
#include "makedumpfile/report/block_reader.h"

namespace kdump {
namespace {

// So many descriptors in a row that cannot be read: the rest cannot either.
constexpr unsigned kPatience = 4096;

// States of prb_desc.state_var, in its top two bits.
constexpr uint64_t kCommitted = 1, kFinalized = 2;

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
  // Records before number `first_seq` are passed over.
  RingReader(const PrintkRingLayout& layout, const PrintkRing& ring, uint64_t first_seq,
             const VirtualReader& reader)
      : layout_(layout), ring_(ring), first_seq_(first_seq), descs_(reader), infos_(reader), texts_(reader) {}

  Status read_all(const RecordSink& take) {
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
  // nullopt: no record, or none to be shown.
  Result<std::optional<LogRecord>> read_record(uint64_t id) {
    const uint64_t index = id % ring_.desc_count;
    const Bytes desc = TRY(descs_.at(ring_.descs + index * layout_.desc_size, layout_.desc_size));
    const auto block = text_block(desc, id);
    if (!block) return std::nullopt;
    const Bytes info = TRY(infos_.at(ring_.infos + index * layout_.info_size, layout_.info_size));
    if (layout_.seq && load<uint64_t>(info, *layout_.seq) < first_seq_) return std::nullopt;
    const uint64_t size = std::min<uint64_t>(block->size, load<uint16_t>(info, layout_.text_len));
    LogRecord record{load<uint64_t>(info, layout_.ts_nsec), std::nullopt, {}};
    if (layout_.caller_id) record.caller_id = load<uint32_t>(info, *layout_.caller_id);
    record.text = text_of(TRY(texts_.at(ring_.text + block->begin, size)));
    return record;
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
  uint64_t first_seq_;
  BlockReader descs_, infos_, texts_;
};

// The number of the first record since the log was cleared. A plain u64 in 5.10; since 7d7a23a91c91 (5.13)
// two of them behind a counter, of which the counter's lowest bit names the one that is not being written.
Result<uint64_t> clear_seq(const Facts& facts, VirtualReader& memory) {
  const VirtAddr symbol = TRY(facts.need_symbol("clear_seq"));
  uint64_t offset = 0;
  if (const auto values = facts.offset("latched_seq.val"))
    offset = *values + (TRY(memory.read_value<le32>(symbol)) & 1) * sizeof(le64);
  return TRY(memory.read_value<le64>(symbol + offset));
}

}  // namespace

Status read_printk_ring(const KernelInfo& kernel, LogPart part, const RecordSink& take) {
  VirtualReader reader = TRY(kernel.address_space().reader());
  const PrintkRingLayout layout = TRY(printk_ring_layout(kernel.facts()));
  const PrintkRing ring = TRY(find_printk_ring(kernel.facts(), reader));
  const bool partial = part == LogPart::since_clear && kernel.facts().symbol("clear_seq");
  const uint64_t first_seq = partial ? TRY(with_context(clear_seq(kernel.facts(), reader), "clear_seq")) : 0;
  return RingReader(layout, ring, first_seq, reader).read_all(take);
}

}  // namespace kdump
