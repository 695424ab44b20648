// SPDX-License-Identifier: GPL-2.0-or-later
// A printk ring of 8 descriptors and 256 bytes of text in a fake kernel, written as the kernel writes it.
#pragma once

#include <array>

#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

class FakePrintkRing {
 public:
  static constexpr uint64_t kPointer = 0x400000, kRing = 0x400100, kDescs = 0x401000, kInfos = 0x402000,
                            kText = 0x404000, kClearSeq = 0x405000;
  static constexpr uint64_t kDescCount = 8, kTextSize = 256;
  static constexpr uint64_t kFinalized = 2;
  static constexpr uint64_t kIdMask = ~uint64_t{0} >> 2;

  explicit FakePrintkRing(FakeKernel& kernel) : kernel_(&kernel) {
    for (const char* text : {"SIZE(printk_ringbuffer)=88",
                             "OFFSET(printk_ringbuffer.desc_ring)=0",
                             "OFFSET(printk_ringbuffer.text_data_ring)=48",
                             "SIZE(prb_desc_ring)=48",
                             "OFFSET(prb_desc_ring.count_bits)=0",
                             "OFFSET(prb_desc_ring.descs)=8",
                             "OFFSET(prb_desc_ring.infos)=16",
                             "OFFSET(prb_desc_ring.head_id)=24",
                             "OFFSET(prb_desc_ring.tail_id)=32",
                             "SIZE(prb_desc)=24",
                             "OFFSET(prb_desc.state_var)=0",
                             "OFFSET(prb_desc.text_blk_lpos)=8",
                             "SIZE(prb_data_blk_lpos)=16",
                             "OFFSET(prb_data_blk_lpos.begin)=0",
                             "OFFSET(prb_data_blk_lpos.next)=8",
                             "SIZE(printk_info)=88",
                             "OFFSET(printk_info.ts_nsec)=8",
                             "OFFSET(printk_info.text_len)=16",
                             "SIZE(prb_data_ring)=32",
                             "OFFSET(prb_data_ring.size_bits)=0",
                             "OFFSET(prb_data_ring.data)=8"})
      kernel.line(text);
    kernel.line(fmt::format("SYMBOL(prb)={:x}", FakeKernel::kImageBase + kPointer));
    put(kPointer, FakeKernel::kImageBase + kRing);
    set_bits(3, 8);
    put(kRing + 8, FakeKernel::kImageBase + kDescs);
    put(kRing + 16, FakeKernel::kImageBase + kInfos);
    put(kRing + 48 + 8, FakeKernel::kImageBase + kText);
    set_ids(tail_, head_);
  }

  void set_bits(uint32_t count_bits, uint32_t size_bits) {
    kernel_->vmcore().put_value<le32>(kRing, count_bits);
    kernel_->vmcore().put_value<le32>(kRing + 48, size_bits);
  }
  void set_ids(uint64_t tail, uint64_t head) {
    put(kRing + 24, head);
    put(kRing + 32, tail);
  }

  // printk_info.seq from now on.
  void tell_numbers() { kernel_->line("OFFSET(printk_info.seq)=0"); }
  // The log was cleared before record number `seq`, as 5.10 has it; and since 5.13.
  void clear_at(uint64_t seq) {
    kernel_->line(fmt::format("SYMBOL(clear_seq)={:x}", FakeKernel::kImageBase + kClearSeq));
    put(kClearSeq, seq);
  }
  void clear_latched(uint32_t counter, std::array<uint64_t, 2> values) {
    kernel_->line("SIZE(latched_seq)=24");
    kernel_->line("OFFSET(latched_seq.val)=8");
    clear_at(counter);
    put(kClearSeq + 8, values[0]);
    put(kClearSeq + 16, values[1]);
  }

  // Appends a record; the oldest ones are overwritten like in the kernel. The state is prb_desc's.
  void add(uint64_t ts_nsec, std::string_view text, uint64_t state = kFinalized) {
    const uint64_t size = (8 + text.size() + 7) / 8 * 8;
    const uint64_t begin = position_;
    uint64_t data = begin % kTextSize;
    uint64_t next = begin + size;
    if (data + size > kTextSize) {  // it does not fit before the end: it starts again at the beginning
      data = 0;
      next = (begin / kTextSize + 1) * kTextSize + size;
    }
    position_ = next;
    head_ = (head_ + 1) & kIdMask;
    put(kText + data, head_);
    kernel_->vmcore().put(kText + data + 8, bytes_of(text));
    describe(head_, state, begin, next, ts_nsec, static_cast<uint16_t>(text.size()));
    if (((head_ - tail_) & kIdMask) >= kDescCount) tail_ = (head_ - kDescCount + 1) & kIdMask;
    set_ids(tail_, head_);
  }
  // Writes the descriptor and the info of a record.
  void describe(uint64_t id, uint64_t state, uint64_t begin, uint64_t next, uint64_t ts_nsec,
                uint16_t text_len) {
    const uint64_t desc = kDescs + id % kDescCount * 24, info = kInfos + id % kDescCount * 88;
    put(desc, state << 62 | id);
    put(desc + 8, begin);
    put(desc + 16, next);
    put(info, seq_++);
    put(info + 8, ts_nsec);
    kernel_->vmcore().put_value<le16>(info + 16, text_len);
  }

 private:
  void put(uint64_t at, uint64_t value) { kernel_->vmcore().put_value<le64>(at, value); }

  FakeKernel* kernel_;
  // No record of that id; ids wrap after the second record.
  uint64_t head_ = kIdMask - 2, tail_ = kIdMask - 2;
  uint64_t position_ = 0;
  uint64_t seq_ = 0;
};

}  // namespace kdump::test
