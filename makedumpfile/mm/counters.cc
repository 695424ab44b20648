// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/counters.h"

#include <algorithm>

#include "common/endian.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/mm/zones.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxStatItem = 256;  // NR_VM_NODE_STAT_ITEMS is 67 in 7.2
constexpr uint64_t kMaxHugeSizes = 16;  // HUGE_MAX_HSTATE; arm64 has most, with 4
constexpr uint64_t kMaxHugeOrder = 40;

// Counters are signed, and below zero for a moment.
uint64_t pages_of(int64_t counter) { return counter > 0 ? static_cast<uint64_t>(counter) : 0; }

Result<uint64_t> read_counter(const KernelInfo& kernel, VirtAddr at) {
  return pages_of(static_cast<int64_t>(uint64_t{TRY(kernel.address_space().read_value<le64>(at))}));
}

// The place of a counter in vm_stat; `name` as VMCOREINFO and the kernel's enum spell it.
Result<uint64_t> stat_item(const Facts& facts, std::string_view name) {
  const int64_t item = TRY(facts.need_number(name));
  if (item >= 0 && item < static_cast<int64_t>(kMaxStatItem)) return static_cast<uint64_t>(item);
  return fail(ErrorKind::corrupt, "{} is {}, which is no counter's number", name, item);
}

Result<uint64_t> read_free(const KernelInfo& kernel) {
  const uint64_t item = TRY(stat_item(kernel.facts(), "NR_FREE_PAGES"));
  const uint64_t stat_at = TRY(kernel.facts().need_offset("zone.vm_stat"));
  uint64_t sum = 0;
  for (const Zone& zone : TRY(read_zones(kernel)))
    sum = saturated_sum(sum, TRY(read_counter(kernel, zone.address + (stat_at + item * sizeof(le64)))));
  return sum;
}

// A counter of all nodes: the kernel keeps the sum in vm_node_stat[].
Result<uint64_t> read_node_stat(const KernelInfo& kernel, std::string_view name) {
  const uint64_t item = TRY(stat_item(kernel.facts(), name));
  const VirtAddr sums = TRY(kernel.facts().need_symbol("vm_node_stat"));
  return read_counter(kernel, sums + item * sizeof(le64));
}

Result<uint64_t> read_file(const KernelInfo& kernel) { return read_node_stat(kernel, "NR_FILE_PAGES"); }

// Anonymous memory that is not mapped any more is on an LRU list, and the rest of a huge page of which a part
// is unmapped, too; what is mapped may still be on its way there.
Result<uint64_t> read_anonymous(const KernelInfo& kernel) {
  const uint64_t mapped = TRY(read_node_stat(kernel, "NR_ANON_MAPPED"));
  uint64_t lru = 0;
  for (const char* name : {"NR_INACTIVE_ANON", "NR_ACTIVE_ANON", "NR_UNEVICTABLE", "NR_ISOLATED_ANON"})
    lru = saturated_sum(lru, TRY(read_node_stat(kernel, name)));
  return std::max(mapped, lru);
}

Result<uint64_t> read_hugetlb(const KernelInfo& kernel) {
  const Facts& facts = kernel.facts();
  const VirtAddr hstates = TRY(facts.need_symbol("hstates"));
  const uint64_t size = TRY(facts.need_size("hstate"));
  const uint64_t order_at = TRY(facts.need_offset("hstate.order"));
  const uint64_t pages_at = TRY(facts.need_offset("hstate.nr_huge_pages"));
  const VirtAddr count_at = TRY(facts.need_symbol("hugetlb_max_hstate"));
  const uint64_t count = TRY(kernel.address_space().read_value<le32>(count_at));
  uint64_t sum = 0;
  for (uint64_t i = 0; i < std::min(count, kMaxHugeSizes); ++i) {
    const VirtAddr hstate = hstates + i * size;
    const uint64_t order = TRY(kernel.address_space().read_value<le32>(hstate + order_at));
    const uint64_t pages = TRY(read_counter(kernel, hstate + pages_at));
    if (order > kMaxHugeOrder || pages > UINT64_MAX >> order)
      return fail(ErrorKind::corrupt, "hstates[{}] has {} pages of order {}", i, pages, order);
    sum = saturated_sum(sum, pages << order);
  }
  return sum;
}

Result<uint64_t> read_poisoned(const KernelInfo& kernel) {
  return read_counter(kernel, TRY(kernel.facts().need_symbol("num_poisoned_pages")));
}

// New counter = a row, a member, its facts' rows where the providers look for them, and a row of checks.
constexpr struct {
  const char* name;
  Result<uint64_t> (*read)(const KernelInfo& kernel);
  std::optional<uint64_t> KernelCounters::* counter;
} kCounters[] = {
    {"free pages", read_free, &KernelCounters::free},
    {"page cache", read_file, &KernelCounters::file},
    {"anonymous memory", read_anonymous, &KernelCounters::anonymous},
    {"hugetlb pages", read_hugetlb, &KernelCounters::hugetlb},
    {"poisoned pages", read_poisoned, &KernelCounters::poisoned},
};

}  // namespace

KernelCounters read_kernel_counters(const KernelInfo& kernel) {
  KernelCounters counters;
  for (const auto& row : kCounters) {
    const Result<uint64_t> value = row.read(kernel);
    if (value) {
      counters.*row.counter = *value;
    } else {
      counters.missing.push_back(fmt::format("not compared: {}: {}", row.name, value.error().message()));
    }
  }
  counters.cpus = std::max<unsigned>(static_cast<unsigned>(kernel.vmcore().notes().cpu_count()), 1);
  return counters;
}

}  // namespace kdump
