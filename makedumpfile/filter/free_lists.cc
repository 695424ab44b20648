// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/filter/free_lists.h"

#include <algorithm>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/mm/page_ranges.h"
#include "makedumpfile/mm/zones.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxOrders = 32, kMaxMigrateTypes = 32;  // kernels have 11 and 6
// Of broken lists so many are described; after so many what is read are no lists.
constexpr uint64_t kDescribed = 4, kPatience = 1024;

// struct zone, free_area and list_head.
struct ListLayout {
  uint64_t free_area;      // in struct zone
  uint64_t area_size;      // SIZE(free_area)
  uint64_t free_list;      // in struct free_area
  uint64_t list_size;      // SIZE(list_head)
  uint64_t next, prev;     // in struct list_head
  uint64_t orders, types;  // lists a zone: orders x types
  uint64_t
      page_lru;  // in struct page: the list_head of a free block's first page (buddy_list is the same place)
};

Result<ListLayout> list_layout(const Facts& facts) {
  const ListLayout layout{.free_area = TRY(facts.need_offset("zone.free_area")),
                          .area_size = TRY(facts.need_size("free_area")),
                          .free_list = TRY(facts.need_offset("free_area.free_list")),
                          .list_size = TRY(facts.need_size("list_head")),
                          .next = TRY(facts.need_offset("list_head.next")),
                          .prev = TRY(facts.need_offset("list_head.prev")),
                          .orders = facts.length("zone.free_area").value_or(0),
                          .types = facts.length("free_area.free_list").value_or(0),
                          .page_lru = TRY(facts.need_offset("page.lru"))};
  const bool plausible = layout.orders > 0 && layout.orders <= kMaxOrders && layout.types > 0 &&
                         layout.types <= kMaxMigrateTypes;
  if (plausible) return layout;
  return fail(ErrorKind::corrupt,
              "VMCOREINFO: LENGTH(zone.free_area) {}, LENGTH(free_area.free_list) {}: no kernel has these",
              layout.orders, layout.types);
}

// Which page a struct page is of.
class PagesByAddress {
 public:
  PagesByAddress(const std::vector<MemMapRange>& mem_map, uint64_t struct_size)
      : ranges_(mem_map), struct_size_(struct_size) {
    std::ranges::sort(ranges_, {}, &MemMapRange::first);
  }

  // A block of 2^order pages whose first struct page is at `addr`; empty when there is no such block.
  [[nodiscard]] PfnRange block(VirtAddr addr, uint64_t order) const {
    const auto after = std::ranges::upper_bound(ranges_, addr, {}, &MemMapRange::first);
    if (after == ranges_.begin()) return {};
    const MemMapRange& range = *std::prev(after);
    const uint64_t distance = addr - range.first;
    const Pfn first = range.pages.begin + distance / struct_size_;
    const uint64_t size = uint64_t{1} << order;
    const bool is_block = range.first != kUnknownPlace && distance % struct_size_ == 0 &&
                          first.value() % size == 0 && first < range.pages.end &&
                          size <= range.pages.end - first;
    return is_block ? PfnRange{first, first + size} : PfnRange{};
  }

 private:
  std::vector<MemMapRange> ranges_;
  uint64_t struct_size_;
};

class FreeListWalk {
 public:
  FreeListWalk(const ListLayout& layout, VirtualReader reader, PagesByAddress pages, size_t max_blocks)
      : layout_(layout), reader_(std::move(reader)), pages_(std::move(pages)), max_blocks_(max_blocks) {}

  void walk(const std::vector<Zone>& zones) {
    for (uint64_t order = layout_.orders; order-- > 0 && broken_ < kPatience;)
      for (const Zone& zone : zones)
        for (uint64_t type = 0; type < layout_.types && broken_ < kPatience; ++type)
          walk_one(zone, order, type);
    summarize();
  }

  FreeLists take() {
    sort_and_join(found_.pages);
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool is_full() const { return found_.pages.size() >= max_blocks_; }

  void summarize() {
    if (broken_ > kDescribed) {
      found_.damage.push_back(fmt::format("{} more free lists are broken{}", broken_ - kDescribed,
                                          broken_ < kPatience ? "" : ", the others were not looked at"));
    }
    if (is_full()) {
      found_.damage.push_back(
          fmt::format("more than {} free blocks: pages of the smallest ones stay in the dump", max_blocks_));
    }
  }

  void walk_one(const Zone& zone, uint64_t order, uint64_t type) {
    const size_t before = found_.pages.size();
    const VirtAddr head = zone.address + (layout_.free_area + order * layout_.area_size + layout_.free_list +
                                          type * layout_.list_size);
    const Status walked = walk_list(head, order);
    if (!walked && ++broken_ <= kDescribed) {
      found_.damage.push_back(fmt::format(
          "node {} zone {}: free list of order {}, type {} is broken after {} blocks, the rest stays in the "
          "dump: {}",
          zone.node, zone.number, order, type, found_.pages.size() - before, walked.error().message()));
    }
  }

  // prev of each list_head is held against where the walk comes from: so a list that leads back into itself
  // ends there.
  Status walk_list(VirtAddr head, uint64_t order) {
    VirtAddr previous = head;
    VirtAddr current = TRY(pointer(head + layout_.next));
    while (current != head && !is_full()) {
      const VirtAddr back = TRY(pointer(current + layout_.prev));
      if (back != previous) {
        return fail(ErrorKind::corrupt, "list_head at {:#x}: prev is {:#x}, expected {:#x}", current.value(),
                    back.value(), previous.value());
      }
      const PfnRange block = pages_.block(current - layout_.page_lru, order);
      if (block.empty()) {
        return fail(ErrorKind::corrupt,
                    "list_head at {:#x}: is in no struct page that a block can begin with", current.value());
      }
      found_.pages.push_back(block);
      previous = current;
      current = TRY(pointer(current + layout_.next));
    }
    return {};
  }

  Result<VirtAddr> pointer(VirtAddr at) {
    le64 value = 0;
    TRY(reader_.read(at, mutable_bytes_of(value)));
    return VirtAddr(value);
  }

  ListLayout layout_;
  VirtualReader reader_;
  PagesByAddress pages_;
  size_t max_blocks_;
  uint64_t broken_ = 0;
  FreeLists found_;
};

}  // namespace

Result<FreeLists> read_free_lists(const KernelInfo& kernel, const std::vector<MemMapRange>& mem_map,
                                  uint64_t struct_size, size_t max_blocks) {
  const ListLayout layout = TRY(list_layout(kernel.facts()));
  const std::vector<Zone> zones = TRY(read_zones(kernel));
  const VirtualReader reader = TRY(kernel.address_space().reader());
  FreeListWalk walk(layout, reader, PagesByAddress(mem_map, struct_size), max_blocks);
  walk.walk(zones);
  return walk.take();
}

}  // namespace kdump
