// SPDX-License-Identifier: GPL-2.0-or-later
// The first chunk of per-CPU memory (mm/percpu.c, pcpu_setup_first_chunk): for each CPU a unit that begins
// with the static variables; then come a reserved part for modules and the first dynamic part, which
// pcpu_first_chunk describes. What the unit has behind these was freed (pcpu_embed_first_chunk). Later chunks
// lie in vmalloc memory and are not found.
#include "makedumpfile/protect/cpus.h"
#include "makedumpfile/protect/reserved_pages.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxUnit = uint64_t{64} << 20;
constexpr uint64_t kMaxReach = uint64_t{1} << 20;  // bytes of a unit that are in use

// Bytes of a unit that are in use: up to the end of the pages that pcpu_first_chunk serves, which begin at
// its base_addr for the first unit, at pcpu_base_addr.
Result<uint64_t> unit_in_use(ProtectedSearch& search) {
  const Facts& facts = search.facts();
  const uint64_t base_at = TRY(facts.need_offset("pcpu_chunk.base_addr"));
  const uint64_t pages_at = TRY(facts.need_offset("pcpu_chunk.nr_pages"));
  const VirtAddr base_variable = TRY(facts.need_symbol("pcpu_base_addr"));
  const VirtAddr chunk_variable = TRY(facts.need_symbol("pcpu_first_chunk"));
  VirtualReader& memory = search.memory;
  const uint64_t base = TRY(with_context(memory.read_value<le64>(base_variable), "pcpu_base_addr"));
  const VirtAddr chunk(TRY(with_context(memory.read_value<le64>(chunk_variable), "pcpu_first_chunk")));
  const uint64_t begin = TRY(with_context(memory.read_value<le64>(chunk + base_at), "struct pcpu_chunk"));
  const uint32_t pages = TRY(with_context(memory.read_value<le32>(chunk + pages_at), "struct pcpu_chunk"));
  const uint64_t size = begin - base + pages * search.kernel.page_size();
  if (begin >= base && begin - base <= kMaxUnit && size <= kMaxUnit) return size;
  return fail(ErrorKind::corrupt,
              "pcpu_first_chunk: {} pages at {:#x}, units from {:#x}: no kernel has these", pages, begin,
              base);
}

// Without symbols: per-CPU variables that the architecture maps a second time, and the reserved memory around
// them, for the first chunk is memory taken at boot.
Status add_areas_around_entries(ProtectedSearch& search) {
  ReservedPages reserved = TRY(ReservedPages::of(search));
  const uint64_t reach = kMaxReach / search.kernel.page_size();
  PfnRange last{};
  search.memory.for_each_mapped(search.layout.cpu_entries, [&](PhysRange piece) {
    const PfnRange mapped = search.pages_of(piece);
    for (Pfn pfn = mapped.begin; pfn < mapped.end && search.step(); ++pfn) {
      if (last.contains(pfn) || !reserved.contains(pfn)) continue;
      last = reserved.around(pfn, reach);
      search.found.add(last);
    }
    return search.steps_left != 0;
  });
  return {};
}

Status add_areas(ProtectedSearch& search, const CpuAreas& areas) {
  const auto in_use = unit_in_use(search);
  const uint64_t size = std::max(areas.variables.size(), in_use.value_or(0));
  uint64_t pages = 0;
  for (const uint64_t offset : areas.offsets) {
    const VirtAddr begin = areas.variables.begin + offset;
    pages += search.add_mapped({begin, begin + size});
  }
  if (pages == 0 && !areas.offsets.empty()) return fail("none of {} areas is mapped", areas.offsets.size());
  if (!in_use) return fail("only the static part is known: {}", in_use.error().message());
  return {};
}

}  // namespace

Status find_per_cpu_areas(ProtectedSearch& search) {
  const auto areas = find_cpu_areas(search);
  if (areas) return add_areas(search, *areas);
  TRY(add_areas_around_entries(search));
  return std::unexpected(areas.error());
}

}  // namespace kdump
