// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/arch/table_pages.h"

#include <unordered_set>

namespace kdump {
namespace {

class TableVisitor {
 public:
  TableVisitor(const Vmcore& vmcore, const PageTable& table, const std::function<void(PhysRange)>& visit)
      : vmcore_(vmcore), table_(table), format_(*table.format), visit_(visit) {}

  Status visit_all() {
    std::vector<Pending> pending = {{table_.root, 0}};
    while (!pending.empty()) {
      const Pending next = pending.back();
      pending.pop_back();
      const uint64_t size = format_.entry_count(next.level) * sizeof(le64);
      visit_({next.addr, next.addr + size});
      if (next.level + 1 < format_.levels.size()) TRY(enter(next, pending));
    }
    return {};
  }

 private:
  struct Pending {
    PhysAddr addr;
    size_t level;
  };

  // Notes down the tables that `above` leads to and that are not known yet.
  Status enter(const Pending& above, std::vector<Pending>& pending) {
    // Most entries of garbage lead out of memory: an error for each would cost more than all else.
    if (vmcore_.memory_map().find(above.addr) == nullptr) return {};
    std::vector<le64> entries(format_.entry_count(above.level));
    if (!vmcore_.read(above.addr, std::as_writable_bytes(std::span(entries)))) return {};
    for (const uint64_t entry : entries) {
      if ((entry & format_.present) == 0 || format_.is_leaf(above.level, entry)) continue;
      const Pending below{PhysAddr(entry & table_.address_mask), above.level + 1};
      if (below.level + 1 == format_.levels.size()) {
        const uint64_t size = format_.entry_count(below.level) * sizeof(le64);
        visit_({below.addr, below.addr + size});
      } else if (TRY(is_new(below))) {
        pending.push_back(below);
      }
    }
    return {};
  }

  // A table means something else at another level, so it may be there once at each.
  Result<bool> is_new(const Pending& table) {
    if (seen_.size() >= kMaxTables)
      return fail(ErrorKind::corrupt, "there are more than {} page tables above the last level", kMaxTables);
    return seen_.insert(table.addr.value() | table.level).second;
  }

  const Vmcore& vmcore_;
  const PageTable& table_;
  const PageTableFormat& format_;
  const std::function<void(PhysRange)>& visit_;
  std::unordered_set<uint64_t> seen_;
};

}  // namespace

Status for_each_table(const Vmcore& vmcore, const PageTable& table,
                      const std::function<void(PhysRange)>& visit) {
  return TableVisitor(vmcore, table, visit).visit_all();
}

}  // namespace kdump
