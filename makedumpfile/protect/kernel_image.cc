// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel image, without what the kernel gave back to the page allocator once it had booted. Where its
// symbols are not known: the pages mapped where images lie that are reserved for ever.
#include <algorithm>
#include <vector>

#include "makedumpfile/protect/reserved_pages.h"

namespace kdump {
namespace {

struct FreedPart {
  std::string_view begin, end;  // symbols; whole pages between them are freed
  std::string_view who;         // frees them
};

// Parts whose symbols a kernel does not have are part of its image.
constexpr FreedPart kFreedParts[] = {
    {"__init_begin", "__init_end", "arch/x86/mm/init.c, free_initmem"},
    {"_etext", "__start_rodata", "arch/x86/mm/init_64.c, mark_rodata_ro"},
    {"__end_rodata", "_sdata", "arch/x86/mm/init_64.c, mark_rodata_ro"},
    {"__smp_locks", "__smp_locks_end", "arch/x86/kernel/alternative.c, alternative_instructions"},
    {"__start_bss_decrypted_unused", "__end_bss_decrypted",
     "arch/x86/mm/mem_encrypt_amd.c, mem_encrypt_free_decrypted_mem; since b3f0907c71e0 (4.19)"},
};

VirtAddr page_up(const ProtectedSearch& search, VirtAddr addr) {
  return VirtAddr((addr.value() + search.kernel.page_size() - 1) & ~(search.kernel.page_size() - 1));
}

VirtAddr page_down(const ProtectedSearch& search, VirtAddr addr) {
  return VirtAddr(addr.value() & ~(search.kernel.page_size() - 1));
}

// The image ends with room for the early allocator; what it did not take was never reserved
// (arch/x86/kernel/setup.c, reserve_brk).
std::optional<VirtRange> unused_brk(ProtectedSearch& search, VirtRange image) {
  const auto variable = search.facts().symbol("_brk_end");
  const auto base = search.facts().symbol("__brk_base");
  if (!variable || !base) return std::nullopt;
  const auto end = search.memory.read_value<le64>(*variable);
  if (!end || VirtAddr(*end) < *base) return std::nullopt;
  return VirtRange{page_up(search, VirtAddr(*end)), image.end};
}

// Ascending.
std::vector<VirtRange> freed_parts(ProtectedSearch& search, VirtRange image) {
  std::vector<VirtRange> freed;
  for (const FreedPart& part : kFreedParts) {
    const auto begin = search.facts().symbol(part.begin), end = search.facts().symbol(part.end);
    if (begin && end) freed.push_back({page_up(search, *begin), page_down(search, *end)});
  }
  if (const auto brk = unused_brk(search, image)) freed.push_back(*brk);
  std::erase_if(freed, [&](const VirtRange& part) {
    return part.empty() || part.begin < image.begin || image.end < part.end;
  });
  std::ranges::sort(freed, {}, &VirtRange::begin);
  return freed;
}

uint64_t add_image(ProtectedSearch& search, VirtRange image) {
  uint64_t pages = 0;
  for (const VirtRange& freed : freed_parts(search, image)) {
    pages += search.add_mapped({image.begin, freed.begin});
    image.begin = std::max(image.begin, freed.end);
  }
  return pages + search.add_mapped(image);
}

std::optional<VirtRange> linked_image(const ProtectedSearch& search) {
  const auto begin = search.facts().symbol("_text"), end = search.facts().symbol("_end");
  if (!begin || !end) return std::nullopt;
  const VirtRange image{*begin, *end}, area = search.image_area();
  const bool plausible = !image.empty() && area.begin <= image.begin && image.end <= area.end;
  return plausible ? std::optional(image) : std::nullopt;
}

Result<uint64_t> add_reserved_pages(ProtectedSearch& search) {
  ReservedPages reserved = TRY(ReservedPages::of(search));
  uint64_t pages = 0;
  search.memory.for_each_mapped(search.image_area(), [&](PhysRange piece) {
    const PfnRange mapped = search.pages_of(piece);
    for (Pfn pfn = mapped.begin; pfn < mapped.end && search.step(); ++pfn) {
      if (!reserved.contains(pfn)) continue;
      search.found.add({pfn, pfn + 1});
      ++pages;
    }
    return search.steps_left != 0;
  });
  return pages;
}

}  // namespace

Status find_kernel_image(ProtectedSearch& search) {
  const auto image = linked_image(search);
  const uint64_t pages = image ? add_image(search, *image) : TRY(add_reserved_pages(search));
  if (pages == 0) return fail("nothing is mapped where it should be");
  return {};
}

}  // namespace kdump
