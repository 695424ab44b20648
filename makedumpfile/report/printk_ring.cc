// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report/printk_ring.h"

#include <algorithm>
#include <cstring>

#include "makedumpfile/kernel/facts.h"

namespace kdump {
namespace {

// The kernel's own limit: log_buf_len is at most 2 GiB, and a descriptor is counted for each 32 bytes of it
// (kernel/printk/printk.c, LOG_BUF_LEN_MAX and PRB_AVGBITS).
constexpr uint64_t kMaxTextBits = 31, kMaxDescBits = 26;
constexpr uint64_t kMaxStructSize = 4096;
// So many descriptors in a row that cannot be read: the rest cannot either.
constexpr unsigned kPatience = 4096;

// prb_desc.state_var: DESC_SV() of printk_ringbuffer.h.
constexpr uint64_t kIdMask = ~uint64_t{0} >> 2;
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

// A struct of the ring: its size, and offsets of members that are at most 8 bytes each and lie inside it.
class StructFacts {
 public:
  static Result<StructFacts> of(const Facts& facts, std::string_view name) {
    const uint64_t size = TRY(facts.need_size(name));
    if (size < 8 || size > kMaxStructSize) {
      return fail(ErrorKind::corrupt, "VMCOREINFO: SIZE({})={}, expected 8 to {}", name, size,
                  kMaxStructSize);
    }
    return StructFacts(facts, name, size);
  }

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] Result<uint64_t> offset(std::string_view member, uint64_t member_size = 8) const {
    const std::string key = fmt::format("{}.{}", name_, member);
    const uint64_t offset = TRY(facts_->need_offset(key));
    if (offset <= size_ && member_size <= size_ - offset) return offset;
    return fail(ErrorKind::corrupt, "VMCOREINFO: OFFSET({})={} is outside the {} bytes of it", key, offset,
                size_);
  }

 private:
  StructFacts(const Facts& facts, std::string_view name, uint64_t size)
      : facts_(&facts), name_(name), size_(size) {}

  const Facts* facts_;
  std::string_view name_;
  uint64_t size_;
};

// Where things are in the ring's structs, bytes.
struct RingLayout {
  uint64_t desc_size, state_var, begin, next;
  uint64_t info_size, ts_nsec, text_len;
};

// The ring's variables.
struct Ring {
  VirtAddr descs, infos, text;
  uint64_t desc_count, text_size;
  uint64_t head_id, tail_id;
};

Result<RingLayout> ring_layout(const Facts& facts) {
  RingLayout layout{};
  const StructFacts desc = TRY(StructFacts::of(facts, "prb_desc"));
  const StructFacts info = TRY(StructFacts::of(facts, "printk_info"));
  const StructFacts position = TRY(StructFacts::of(facts, "prb_data_blk_lpos"));
  layout.desc_size = desc.size();
  layout.state_var = TRY(desc.offset("state_var"));
  const uint64_t block = TRY(desc.offset("text_blk_lpos", position.size()));
  layout.begin = block + TRY(position.offset("begin"));
  layout.next = block + TRY(position.offset("next"));
  layout.info_size = info.size();
  layout.ts_nsec = TRY(info.offset("ts_nsec"));
  layout.text_len = TRY(info.offset("text_len", 2));
  return layout;
}

Result<uint64_t> power_of(uint32_t bits, uint64_t max_bits, std::string_view what) {
  if (bits >= 1 && bits <= max_bits) return uint64_t{1} << bits;
  return fail(ErrorKind::corrupt, "printk ring: {} is {}, expected 1 to {}", what, bits, max_bits);
}

// struct printk_ringbuffer, which the variable prb points to.
Result<Ring> read_ring(const Facts& facts, BlockReader& memory) {
  const StructFacts prb = TRY(StructFacts::of(facts, "printk_ringbuffer"));
  const StructFacts descs = TRY(StructFacts::of(facts, "prb_desc_ring"));
  const StructFacts texts = TRY(StructFacts::of(facts, "prb_data_ring"));
  const uint64_t descs_at = TRY(prb.offset("desc_ring", descs.size()));
  const uint64_t texts_at = TRY(prb.offset("text_data_ring", texts.size()));
  const VirtAddr variable = TRY(facts.need_symbol("prb"));
  const Bytes pointer = TRY(with_context(memory.at(variable, 8), "prb"));
  const VirtAddr place(load<uint64_t>(pointer, 0));
  const Bytes bytes = TRY(with_context(memory.at(place, prb.size()), "struct printk_ringbuffer"));
  const Bytes desc_ring = bytes.subspan(descs_at, descs.size());
  const Bytes text_ring = bytes.subspan(texts_at, texts.size());
  const uint64_t count_bits = TRY(descs.offset("count_bits", 4)),
                 size_bits = TRY(texts.offset("size_bits", 4));
  Ring ring{};
  ring.desc_count = TRY(power_of(load<uint32_t>(desc_ring, count_bits), kMaxDescBits, "count_bits"));
  ring.text_size = TRY(power_of(load<uint32_t>(text_ring, size_bits), kMaxTextBits, "size_bits"));
  ring.descs = VirtAddr(load<uint64_t>(desc_ring, TRY(descs.offset("descs"))));
  ring.infos = VirtAddr(load<uint64_t>(desc_ring, TRY(descs.offset("infos"))));
  ring.head_id = load<uint64_t>(desc_ring, TRY(descs.offset("head_id"))) & kIdMask;
  ring.tail_id = load<uint64_t>(desc_ring, TRY(descs.offset("tail_id"))) & kIdMask;
  ring.text = VirtAddr(load<uint64_t>(text_ring, TRY(texts.offset("data"))));
  return ring;
}

// Where a record's text lies in the ring.
struct TextBlock {
  uint64_t begin;
  uint64_t size;
};

class RingReader {
 public:
  RingReader(const RingLayout& layout, const Ring& ring, const VirtualReader& reader)
      : layout_(layout), ring_(ring), descs_(reader), infos_(reader), texts_(reader) {}

  Status read_all(const std::function<Status(const PrintkRecord&)>& take) {
    // A ring cannot hold more records than it has descriptors, whatever the ids say.
    const uint64_t records = std::min(((ring_.head_id - ring_.tail_id) & kIdMask) + 1, ring_.desc_count);
    unsigned unreadable = 0;
    for (uint64_t back = records; back-- > 0 && unreadable < kPatience;) {
      const auto record = read_record((ring_.head_id - back) & kIdMask);
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
    if ((state_var & kIdMask) != id || (state != kCommitted && state != kFinalized)) return std::nullopt;
    uint64_t begin = load<uint64_t>(desc, layout_.begin) % ring_.text_size;
    const uint64_t next = load<uint64_t>(desc, layout_.next) % ring_.text_size;
    if (begin == next) return std::nullopt;  // a record without text
    if (begin > next) begin = 0;             // it wrapped
    begin += sizeof(uint64_t);               // the id
    return begin < next ? std::optional(TextBlock{begin, next - begin}) : std::nullopt;
  }

  RingLayout layout_;
  Ring ring_;
  BlockReader descs_, infos_, texts_;
};

}  // namespace

Status read_printk_ring(const KernelInfo& kernel, const std::function<Status(const PrintkRecord&)>& take) {
  const VirtualReader reader = TRY(kernel.address_space().reader());
  BlockReader memory(reader);
  const RingLayout layout = TRY(ring_layout(kernel.facts()));
  const Ring ring = TRY(read_ring(kernel.facts(), memory));
  return RingReader(layout, ring, reader).read_all(take);
}

}  // namespace kdump
