// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/printk_ring_layout.h"

#include <cstring>

namespace kdump {
namespace {

// The kernel's own limit: log_buf_len is at most 2 GiB, and a descriptor is counted for each 32 bytes of it
// (kernel/printk/printk.c, LOG_BUF_LEN_MAX and PRB_AVGBITS).
constexpr uint64_t kMaxTextBits = 31, kMaxDescBits = 26;
constexpr uint64_t kMaxStructSize = 4096;

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

Result<uint64_t> power_of(uint32_t bits, uint64_t max_bits, std::string_view what) {
  if (bits >= 1 && bits <= max_bits) return uint64_t{1} << bits;
  return fail(ErrorKind::corrupt, "printk ring: {} is {}, expected 1 to {}", what, bits, max_bits);
}

}  // namespace

Result<PrintkRingLayout> printk_ring_layout(const Facts& facts) {
  PrintkRingLayout layout{};
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
  if (facts.offset("printk_info.seq")) layout.seq = TRY(info.offset("seq"));
  if (facts.offset("printk_info.caller_id")) layout.caller_id = TRY(info.offset("caller_id", 4));
  return layout;
}

Result<PrintkRing> find_printk_ring(const Facts& facts, VirtualReader& memory) {
  const StructFacts prb = TRY(StructFacts::of(facts, "printk_ringbuffer"));
  const StructFacts descs = TRY(StructFacts::of(facts, "prb_desc_ring"));
  const StructFacts texts = TRY(StructFacts::of(facts, "prb_data_ring"));
  const uint64_t descs_at = TRY(prb.offset("desc_ring", descs.size()));
  const uint64_t texts_at = TRY(prb.offset("text_data_ring", texts.size()));
  const VirtAddr variable = TRY(facts.need_symbol("prb"));
  const VirtAddr place(TRY(with_context(memory.read_value<le64>(variable), "prb")));
  ByteVector bytes(prb.size());
  TRY(with_context(memory.read(place, bytes), "struct printk_ringbuffer"));
  const Bytes desc_ring = Bytes(bytes).subspan(descs_at, descs.size());
  const Bytes text_ring = Bytes(bytes).subspan(texts_at, texts.size());
  const uint64_t count_bits = TRY(descs.offset("count_bits", 4)),
                 size_bits = TRY(texts.offset("size_bits", 4));
  PrintkRing ring{};
  ring.variables = {place, place + prb.size()};
  ring.desc_count = TRY(power_of(load<le32>(desc_ring, count_bits), kMaxDescBits, "count_bits"));
  ring.text_size = TRY(power_of(load<le32>(text_ring, size_bits), kMaxTextBits, "size_bits"));
  ring.descs = VirtAddr(load<le64>(desc_ring, TRY(descs.offset("descs"))));
  ring.infos = VirtAddr(load<le64>(desc_ring, TRY(descs.offset("infos"))));
  ring.head_id = load<le64>(desc_ring, TRY(descs.offset("head_id"))) & kPrintkIdMask;
  ring.tail_id = load<le64>(desc_ring, TRY(descs.offset("tail_id"))) & kPrintkIdMask;
  ring.text = VirtAddr(load<le64>(text_ring, TRY(texts.offset("data"))));
  return ring;
}

}  // namespace kdump
