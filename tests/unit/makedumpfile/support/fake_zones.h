// SPDX-License-Identifier: GPL-2.0-or-later
// Two empty zones of one node in a fake kernel that has FakeStructPages, with free lists to be filled.
#pragma once

#include <initializer_list>

#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

class FakeZones {
 public:
  static constexpr uint64_t kNodeData = 0x600000, kNode = 0x601000, kNodeZones = kNode + 0x100, kZone = 0x800;
  static constexpr uint64_t kZones = 2, kOrders = 11, kTypes = 4, kFreeArea = 0x40, kAreaSize = 104;

  explicit FakeZones(FakeKernel& kernel) : kernel_(&kernel) {
    for (const char* text :
         {"LENGTH(node_data)=4", "OFFSET(pglist_data.node_zones)=256", "OFFSET(pglist_data.nr_zones)=16",
          "SIZE(zone)=2048", "OFFSET(zone.free_area)=64", "SIZE(free_area)=104",
          "OFFSET(free_area.free_list)=0", "LENGTH(free_area.free_list)=4", "SIZE(list_head)=16",
          "OFFSET(list_head.next)=0", "OFFSET(list_head.prev)=8"})
      kernel.line(text);
    kernel.line(fmt::format("SYMBOL(node_data)={:x}", FakeKernel::kImageBase + kNodeData));
    kernel.vmcore().put_value<le64>(kNodeData + 8,
                                    FakeKernel::kImageBase + kNode);  // node 1; there is no node 0
    kernel.vmcore().put_value<le32>(kNode + 16, kZones);
    for (uint64_t zone = 0; zone < kZones; ++zone)
      for (uint64_t order = 0; order < kOrders; ++order)
        for (uint64_t type = 0; type < kTypes; ++type) link(head(zone, order, type), head(zone, order, type));
  }

  // The free list of a zone: the blocks that begin at these pages, in this order.
  void add(uint64_t zone, uint64_t order, uint64_t type, std::initializer_list<uint64_t> pfns) const {
    uint64_t previous = head(zone, order, type);
    for (const uint64_t pfn : pfns) {
      link(previous, list_head_of(pfn));
      previous = list_head_of(pfn);
    }
    link(previous, head(zone, order, type));
  }
  void break_prev(uint64_t pfn) const { put(list_head_of(pfn) + 8, 0xdead); }
  void set_next(uint64_t pfn, uint64_t address) const { put(list_head_of(pfn), address); }

  // The address of a struct page's lru.
  static uint64_t list_head_of(uint64_t pfn) { return FakeStructPages::kVmemmap + pfn * 64 + 8; }

 private:
  static uint64_t head(uint64_t zone, uint64_t order, uint64_t type) {
    return FakeKernel::kImageBase + kNodeZones + zone * kZone + kFreeArea + order * kAreaSize + type * 16;
  }
  void link(uint64_t from, uint64_t to) const {
    put(from, to);
    put(to + 8, from);
  }
  void put(uint64_t address, uint64_t value) const {
    const uint64_t place = address >= FakeKernel::kImageBase
                               ? address - FakeKernel::kImageBase
                               : address - FakeStructPages::kVmemmap + FakeStructPages::kPlace;
    kernel_->vmcore().put_value<le64>(place, value);
  }

  FakeKernel* kernel_;
};

}  // namespace kdump::test
