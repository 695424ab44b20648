// SPDX-License-Identifier: GPL-2.0-or-later
// What is erased from a dump: physical memory that is overwritten on its way from the vmcore into the dump.
#pragma once

#include <cstdint>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/units.h"

namespace kdump {

enum class EraseFill : uint8_t {
  poison,  // 'X'
  zero,    // of pointers
};

class ErasedMemory {
 public:
  static constexpr std::byte kPoison{'X'};
  static constexpr size_t kMaxRanges = size_t{3} << 16;  // of both fills

  // Fails when there is more than a rule can mean.
  Status add(PhysRange range, EraseFill fill);
  // To be called when all is added: from here on `apply` may be called, from several threads.
  void finish();

  // Overwrites what of `memory`, which lies at `addr`, is erased. Where both fills meet, zero holds.
  void apply(PhysAddr addr, MutableBytes memory) const;

  [[nodiscard]] bool empty() const { return poisoned_.ranges.empty() && zeroed_.ranges.empty(); }
  // Of one fill, in ascending order, none touching the next.
  [[nodiscard]] const std::vector<PhysRange>& ranges(EraseFill fill) const;
  [[nodiscard]] uint64_t bytes() const;

 private:
  [[nodiscard]] size_t count() const;

  struct Part {
    std::vector<PhysRange> ranges;

    void merge();
    void apply(PhysAddr addr, MutableBytes memory, std::byte fill) const;
  };

  Part poisoned_;
  Part zeroed_;
};

}  // namespace kdump
