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

Result<ProtectedSearch> start_search(const KernelInfo& kernel, std::span<const MemMapRange> mem_map,
                                     const KernelLayout* layout) {
  if (layout == nullptr) layout = &TRY(find_architecture(kernel.vmcore().machine()))->kernel;
  VirtualReader memory = TRY(kernel.address_space().reader());
  return ProtectedSearch{kernel, *layout, mem_map, std::move(memory), {}};
}

// What is protected is memory of the dump, some of it for two reasons: a finder that goes through much more
// is in tables that lead to themselves.
uint64_t steps_of_finder(std::span<const PfnRange> existing) { return 4 * count_pages(existing) + 65536; }

}  // namespace

std::string_view protection_name(Protection protection) {
  return kFinders[std::to_underlying(protection)].name;
}

ProtectedPages ProtectedPages::find(const KernelInfo& kernel, std::span<const MemMapRange> mem_map,
                                    const KernelLayout* layout) {
  ProtectedPages result;
  auto search = start_search(kernel, mem_map, layout);
  if (!search) {
    result.gaps_.push_back(fmt::format("no page is protected: {}", search.error().message()));
    return result;
  }
  const std::vector<PfnRange> existing = kernel.vmcore().memory_map().pages(kernel.page_shift());
  PageRuns all;
  PageRuns vital;
  for (size_t i = 0; i < kFinders.size(); ++i) {
    search->steps_left = steps_of_finder(existing);
    const Status found = kFinders[i].find(*search);
    const bool full = search->found.full();
    const std::vector<PfnRange> runs = std::exchange(search->found, {}).take(existing);
    result.pages_[i] = count_pages(runs);
    for (const PfnRange& run : runs) all.add(run);
    if (static_cast<Protection>(i) != Protection::vmemmap)
      for (const PfnRange& run : runs) vital.add(run);
    if (!found) result.gaps_.push_back(gap(kFinders[i].name, result.pages_[i], found.error().message()));
    if (search->steps_left == 0)
      result.gaps_.push_back(
          gap(kFinders[i].name, result.pages_[i], "the page tables map more than all memory there"));
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
