// SPDX-License-Identifier: GPL-2.0-or-later
// The dead kernel's virtual memory: every read goes through its page tables, so that KASLR, the direct map's
// place, vmemmap and vmalloc need no knowledge of layouts.
#pragma once

#include <functional>
#include <optional>

#include "common/bytes.h"
#include "makedumpfile/arch/page_table.h"

namespace kdump {

// Reads with the walker's memory of the last tables: for one thread, one task. Cheap to make.
class VirtualReader {
 public:
  VirtualReader(const Vmcore& vmcore, const PageTable& table) : vmcore_(&vmcore), walker_(vmcore, table) {}

  Result<Translation> translate(VirtAddr addr) { return walker_.translate(addr); }
  // Fills `out` from `addr` on, over any page boundaries.
  Status read(VirtAddr addr, MutableBytes out);
  // A value of the kernel's, in its byte order.
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  Result<T> read_value(VirtAddr addr) {
    T value{};
    TRY(read(addr, mutable_bytes_of(value)));
    return value;
  }
  // Where `addr` is mapped, or how far nothing is.
  Mapping look_up(VirtAddr addr) { return walker_.look_up(addr); }
  // Calls visit(physical memory) for each mapped piece of `range` in ascending order of virtual addresses,
  // until it says false. It may use this reader.
  void for_each_mapped(VirtRange range, const std::function<bool(PhysRange)>& visit);

 private:
  const Vmcore* vmcore_;
  PageTableWalker walker_;
};

class AddressSpace {
 public:
  // Without a page table (`table` is the reason why) every read fails with that reason. `vmcore` must outlive
  // it.
  AddressSpace(const Vmcore& vmcore, Result<PageTable> table) : vmcore_(&vmcore), table_(std::move(table)) {}

  // Why nothing can be read by virtual address; success when it can.
  [[nodiscard]] Status usable() const;
  [[nodiscard]] const Result<PageTable>& page_table() const { return table_; }
  // The reader refers to this object.
  [[nodiscard]] Result<VirtualReader> reader() const;

  // May be called from several threads.
  [[nodiscard]] Result<Translation> translate(VirtAddr addr) const;
  Status read(VirtAddr addr, MutableBytes out) const;
  // A value of the kernel's, in its byte order (little-endian is all that is built in).
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  Result<T> read_value(VirtAddr addr) const {
    T value{};
    TRY(read(addr, mutable_bytes_of(value)));
    return value;
  }

 private:
  const Vmcore* vmcore_;
  Result<PageTable> table_;
};

}  // namespace kdump
