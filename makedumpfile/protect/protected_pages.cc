// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/protect/protected_pages.h"

#include "makedumpfile/mm/page_ranges.h"
#include "makedumpfile/protect/finder.h"

namespace kdump {
namespace {

struct Finder {
  std::string_view name;
  Status (*find)(ProtectedSearch& search);
};

// In the order of Protection. New protection = a file, a row here, a name there, an entry in the man page.
// Small kinds come first: should the bound on runs be reached, it is vmemmap's that are missing.
constexpr std::array<Finder, kProtectionCount> kFinders = {{
    {"kernel image", find_kernel_image},
    {"per-CPU areas", find_per_cpu_areas},
    {"page tables", find_page_tables},
    {"log ring", find_log_ring},
    {"memory nodes", find_memory_nodes},
    {"stacks", find_stacks},
    {"modules", find_modules},
    {"vmemmap", find_vmemmap},
}};

std::string gap(std::string_view name, uint64_t found, std::string_view reason) {
  return fmt::format("{} protected: {}: {}", found == 0 ? "not" : "only in part", name, reason);
}

Result<ProtectedSearch> start_search(const KernelInfo& kernel, std::span<const MemMapRange> mem_map) {
  const Architecture* architecture = TRY(find_architecture(kernel.vmcore().machine()));
  VirtualReader memory = TRY(kernel.address_space().reader());
  return ProtectedSearch{kernel, architecture->kernel, mem_map, std::move(memory), {}};
}

}  // namespace

std::string_view protection_name(Protection protection) {
  return kFinders[std::to_underlying(protection)].name;
}

ProtectedPages ProtectedPages::find(const KernelInfo& kernel, std::span<const MemMapRange> mem_map) {
  ProtectedPages result;
  auto search = start_search(kernel, mem_map);
  if (!search) {
    result.gaps_.push_back(fmt::format("no page is protected: {}", search.error().message()));
    return result;
  }
  const std::vector<PfnRange> existing = kernel.vmcore().memory_map().pages(kernel.page_shift());
  PageRuns all;
  PageRuns vital;
  for (size_t i = 0; i < kFinders.size(); ++i) {
    const Status found = kFinders[i].find(*search);
    const bool full = search->found.full();
    const std::vector<PfnRange> runs = std::exchange(search->found, {}).take(existing);
    result.pages_[i] = count_pages(runs);
    for (const PfnRange& run : runs) all.add(run);
    if (static_cast<Protection>(i) != Protection::vmemmap)
      for (const PfnRange& run : runs) vital.add(run);
    if (!found) result.gaps_.push_back(gap(kFinders[i].name, result.pages_[i], found.error().message()));
    if (full || all.full()) {
      const std::string reason = fmt::format("more than {} runs of pages", PageRuns::kMaxRuns);
      result.gaps_.push_back(gap(kFinders[i].name, result.pages_[i], reason));
    }
  }
  result.ranges_ = all.take(existing);
  result.vital_ = vital.take(existing);
  return result;
}

bool ProtectedPages::is_vital(Pfn pfn) const {
  return !kdump::overlapping(std::span(vital_), {pfn, pfn + 1}).empty();
}

std::span<const PfnRange> ProtectedPages::overlapping(PfnRange window) const {
  return kdump::overlapping(std::span(ranges_), window);
}

uint64_t ProtectedPages::pages() const { return count_pages(ranges_); }

}  // namespace kdump
