// SPDX-License-Identifier: GPL-2.0-or-later
// Where the kernel's log is (kernel/printk/printk_ringbuffer.h, since 5.10), and how its structs are laid
// out. What they mean is report/printk_ring.h's.
#pragma once

#include <optional>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {

// prb_desc.state_var without its top two bits, which are the state: DESC_SV() of printk_ringbuffer.h.
inline constexpr uint64_t kPrintkIdMask = ~uint64_t{0} >> 2;

// Where things are in the ring's structs, bytes.
struct PrintkRingLayout {
  uint64_t desc_size, state_var, begin, next;
  uint64_t info_size, ts_nsec, text_len;
  std::optional<uint64_t> seq, caller_id;
};

// The ring's variables.
struct PrintkRing {
  VirtRange variables;  // struct printk_ringbuffer
  VirtAddr descs, infos, text;
  uint64_t desc_count, text_size;
  uint64_t head_id, tail_id;
};

// Errors name the fact that is missing, or that contradicts itself.
Result<PrintkRingLayout> printk_ring_layout(const Facts& facts);
// What the variable prb points to. Errors: a fact is missing, memory cannot be read, no kernel has such
// values.
Result<PrintkRing> find_printk_ring(const Facts& facts, VirtualReader& memory);

}  // namespace kdump
