// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel image, without what the kernel gave back to the page allocator once it had booted. Where its
// symbols are not known: the pages mapped where images lie that are reserved for ever.
#include <algorithm>
#include <vector>

#include "makedumpfile/mm/page_ranges.h"
#include "makedumpfile/protect/finder.h"

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

// Flags of struct pages, read some at a time.
class ReservedPages {
 public:
  static Result<ReservedPages> of(ProtectedSearch& search) {
    const Facts& facts = search.facts();
    // PG_reserved comes right before PG_private in every enum pageflags there was.
    auto bit = facts.number("PG_reserved");
    if (!bit) bit = TRY(facts.need_number("PG_private")) - 1;
    const uint64_t size = TRY(facts.need_size("page")), flags = TRY(facts.need_offset("page.flags"));
    if (*bit < 0 || *bit > 63 || size > 4096 || flags + sizeof(uint64_t) > size)
      return fail(ErrorKind::corrupt, "PG_reserved {}, SIZE(page) {}, page.flags at {}: no kernel has these",
                  *bit, size, flags);
    return ReservedPages(search, size, flags, uint64_t{1} << *bit);
  }

  // Adds the reserved pages of a piece of memory; how many.
  uint64_t add_from(PhysRange memory) {
    const unsigned shift = search_.kernel.page_shift();
    const PfnRange pages{Pfn(memory.begin.value() >> shift), Pfn(((memory.end.value() - 1) >> shift) + 1)};
    uint64_t added = 0;
    for (const MemMapRange& range : overlapping(search_.mem_map, pages)) {
      const PfnRange part = intersection(pages, range.pages);
      for (Pfn pfn = part.begin; pfn < part.end; pfn += kBatch)
        added += add_batch(range, {pfn, std::min(pfn + kBatch, part.end)});
    }
    return added;
  }

 private:
  static constexpr uint64_t kBatch = 512;

  ReservedPages(ProtectedSearch& search, uint64_t size, uint64_t flags, uint64_t mask)
      : search_(search), size_(size), flags_(flags), mask_(mask) {}

  uint64_t add_batch(const MemMapRange& range, PfnRange pages) {
    structs_.resize(pages.size() * size_);
    if (!search_.memory.read(range.first + (pages.begin - range.pages.begin) * size_, structs_)) return 0;
    uint64_t added = 0;
    for (Pfn pfn = pages.begin; pfn < pages.end; ++pfn) {
      le64 flags;
      std::memcpy(&flags, structs_.data() + (pfn - pages.begin) * size_ + flags_, sizeof flags);
      if ((flags & mask_) == 0) continue;
      search_.found.add({pfn, pfn + 1});
      ++added;
    }
    return added;
  }

  ProtectedSearch& search_;
  uint64_t size_, flags_, mask_;
  ByteVector structs_;
};

Result<uint64_t> add_reserved_pages(ProtectedSearch& search) {
  ReservedPages reserved = TRY(ReservedPages::of(search));
  std::vector<PhysRange> pieces;
  search.memory.for_each_mapped(search.image_area(), [&](PhysRange piece) { pieces.push_back(piece); });
  uint64_t pages = 0;
  for (const PhysRange& piece : pieces) pages += reserved.add_from(piece);
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
