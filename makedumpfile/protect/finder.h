// SPDX-License-Identifier: GPL-2.0-or-later
// What the finders of protected pages share. A finder adds the pages of one kind to `found`; what it cannot
// find it says as an error, which becomes a gap, after it has added what it could.
#pragma once

#include <span>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/mm/mem_map.h"
#include "makedumpfile/protect/page_runs.h"

namespace kdump {

struct ProtectedSearch {
  const KernelInfo& kernel;
  const KernelLayout& layout;
  std::span<const MemMapRange> mem_map;
  VirtualReader memory;
  PageRuns found;
  // Mapped pieces that a finder may still go through: tables that lead to themselves map more than there is.
  uint64_t steps_left = 0;

  [[nodiscard]] const Facts& facts() const { return kernel.facts(); }
  // Of a range that is not empty.
  [[nodiscard]] PfnRange pages_of(PhysRange range) const;
  // Adds the pages of physical memory.
  void add(PhysRange range);
  // Adds what is mapped of a stretch of virtual memory, and how many pages that were. Begins and ends in the
  // middle of pages count for whole ones.
  uint64_t add_mapped(VirtRange range);
  // To be asked before each piece or page that a finder goes through; false ends it.
  bool step() { return steps_left != 0 && --steps_left != 0; }
  // Where the kernel image and, above it, the modules are.
  [[nodiscard]] VirtRange image_area() const;
  [[nodiscard]] VirtRange module_area() const;
};

Status find_kernel_image(ProtectedSearch& search);
Status find_per_cpu_areas(ProtectedSearch& search);
Status find_page_tables(ProtectedSearch& search);
Status find_log_ring(ProtectedSearch& search);
Status find_memory_nodes(ProtectedSearch& search);
Status find_stacks(ProtectedSearch& search);
Status find_modules(ProtectedSearch& search);
Status find_vmemmap(ProtectedSearch& search);

}  // namespace kdump
