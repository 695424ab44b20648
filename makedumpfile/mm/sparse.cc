// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mm/sparse.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {
namespace {

// section_mem_map holds flags in its low bits. PRESENT is the one to trust: hot-removed sections keep an
// encoded address on 5.3 to 5.5. There were four flags, a fifth since 1f90a3477df3 (5.12), a sixth
// (SECTION_IS_VMEMMAP_PREINIT) since 6.15; all must fit below PFN_SECTION_SHIFT, where the encoded address
// has zeros (a BUILD_BUG_ON in mm/sparse.c), so that is what is masked, however many there are.
constexpr uint64_t kSectionMarkedPresent = 1;
constexpr unsigned kMaxFlagBits = 12;
// SECTION_SIZE_BITS is 24 (ppc64) to 30 in today's kernels, MAX_PHYSMEM_BITS at most 52.
constexpr int64_t kMinSectionBits = 16, kMaxSectionBits = 40, kMaxPhysmemBits = 56;
constexpr uint64_t kMaxSectionSize = 4096;          // of struct mem_section, bytes
constexpr uint64_t kMaxRoots = uint64_t{16} << 20;  // bytes of roots; x86_64 has 1 MiB at most

struct SectionLayout {
  VirtAddr mem_section;
  uint64_t entry_size;        // SIZE(mem_section)
  uint64_t map_offset;        // of section_mem_map in it
  uint64_t page_struct_size;  // SIZE(page)
  unsigned pfn_section_shift;
  uint64_t sections;           // that there can be
  uint64_t sections_per_root;  // 0: no roots, one array

  // Entries that are read at once.
  [[nodiscard]] uint64_t group_size() const { return sections_per_root != 0 ? sections_per_root : 256; }
  [[nodiscard]] uint64_t roots() const {
    return sections_per_root == 0 ? 0 : (sections + sections_per_root - 1) / sections_per_root;
  }
};

Result<SectionLayout> section_layout(const KernelInfo& kernel) {
  const Facts& facts = kernel.facts();
  SectionLayout layout{};
  layout.mem_section = TRY(facts.need_symbol("mem_section"));
  layout.entry_size = TRY(facts.need_size("mem_section"));
  layout.map_offset = TRY(facts.need_offset("mem_section.section_mem_map"));
  layout.page_struct_size = TRY(facts.need_size("page"));
  const int64_t section_bits = TRY(facts.need_number("SECTION_SIZE_BITS"));
  const int64_t physmem_bits = TRY(facts.need_number("MAX_PHYSMEM_BITS"));
  if (section_bits < std::max<int64_t>(kMinSectionBits, kernel.page_shift()) ||
      section_bits > kMaxSectionBits || physmem_bits < section_bits || physmem_bits > kMaxPhysmemBits ||
      layout.entry_size > kMaxSectionSize || layout.map_offset + sizeof(uint64_t) > layout.entry_size) {
    return fail(ErrorKind::corrupt,
                "VMCOREINFO: SECTION_SIZE_BITS {}, MAX_PHYSMEM_BITS {}, SIZE(mem_section) {}: no "
                "kernel has these",
                section_bits, physmem_bits, layout.entry_size);
  }
  layout.pfn_section_shift = static_cast<unsigned>(section_bits) - kernel.page_shift();
  layout.sections = uint64_t{1} << (physmem_bits - section_bits);
  const uint64_t per_root = kernel.page_size() / layout.entry_size;
  const uint64_t roots = per_root == 0 ? 0 : (layout.sections + per_root - 1) / per_root;
  // With SPARSEMEM_EXTREME the array is one of roots, so its length tells.
  if (facts.length("mem_section") == roots) layout.sections_per_root = per_root;
  return layout;
}

// Reads sections one after the other; sections of one root are read at once.
class SectionReader {
 public:
  SectionReader(const SectionLayout& layout, VirtualReader reader, VirtAddr mem_section)
      : layout_(&layout), reader_(std::move(reader)), mem_section_(mem_section) {}

  // The struct page of the section's first page; nullopt when it has none.
  std::optional<VirtAddr> first_page(uint64_t section) {
    const uint64_t group_size = layout_->group_size();
    if (group_ != section / group_size) load_group(section / group_size, group_size);
    if (state_ == Group::unreadable) return kUnknownPlace;
    if (state_ == Group::absent) return std::nullopt;
    le64 coded;
    std::memcpy(&coded, entries_.data() + section % group_size * layout_->entry_size + layout_->map_offset,
                sizeof coded);
    if ((coded & kSectionMarkedPresent) == 0) return std::nullopt;
    const unsigned flag_bits = std::min(layout_->pfn_section_shift, kMaxFlagBits);
    const uint64_t map = coded & (~uint64_t{0} << flag_bits);
    return VirtAddr(map + (section << layout_->pfn_section_shift) * layout_->page_struct_size);
  }

  // Where the section and those of its group are.
  std::optional<VirtRange> table(uint64_t section) {
    const uint64_t group_size = layout_->group_size();
    const auto place = group_address(section / group_size, group_size);
    if (!place || *place == VirtAddr(0)) return std::nullopt;
    return VirtRange{*place, *place + group_size * layout_->entry_size};
  }

 private:
  enum class Group { absent, unreadable, readable };

  void load_group(uint64_t group, uint64_t group_size) {
    group_ = group;
    entries_.resize(std::min(group_size, layout_->sections - group * group_size) * layout_->entry_size);
    const auto place = group_address(group, group_size);
    state_ = place && reader_.read(*place, entries_) ? Group::readable : Group::unreadable;
    if (place == VirtAddr(0)) state_ = Group::absent;
  }

  // 0 when there is no such root.
  Result<VirtAddr> group_address(uint64_t group, uint64_t group_size) {
    if (layout_->sections_per_root == 0) return mem_section_ + group * group_size * layout_->entry_size;
    le64 root = 0;
    TRY(reader_.read(mem_section_ + group * sizeof root, mutable_bytes_of(root)));
    return VirtAddr(root);
  }

  const SectionLayout* layout_;
  VirtualReader reader_;
  VirtAddr mem_section_;
  uint64_t group_ = UINT64_MAX;
  Group state_ = Group::absent;
  ByteVector entries_;
};

void append(std::vector<MemMapRange>& ranges, PfnRange pages, VirtAddr first, uint64_t page_struct_size) {
  if (!ranges.empty()) {
    MemMapRange& last = ranges.back();
    const bool follows =
        last.pages.end == pages.begin && last.first + last.pages.size() * page_struct_size == first;
    if (follows) {
      last.pages.end = pages.end;
      return;
    }
  }
  ranges.push_back({pages, first});
}

// Calls visit(section) for those that hold memory of the dump.
template <typename Visit>
void for_each_section(const KernelInfo& kernel, const SectionLayout& layout, Visit&& visit) {
  const unsigned shift = layout.pfn_section_shift;
  uint64_t next = 0;
  for (const PfnRange& pages : kernel.vmcore().memory_map().pages(kernel.page_shift())) {
    const uint64_t end = std::min(((pages.end.value() - 1) >> shift) + 1, layout.sections);
    for (next = std::max(next, pages.begin.value() >> shift); next < end; ++next) visit(next);
  }
}

std::vector<MemMapRange> read_sections(const KernelInfo& kernel, const SectionLayout& layout,
                                       SectionReader sections) {
  std::vector<MemMapRange> ranges;
  const unsigned shift = layout.pfn_section_shift;
  for_each_section(kernel, layout, [&](uint64_t section) {
    const auto first = sections.first_page(section);
    if (first)
      append(ranges, {Pfn(section << shift), Pfn((section + 1) << shift)}, *first, layout.page_struct_size);
  });
  return ranges;
}

// mem_section became a pointer to the array with 83e3c48729d9 (4.15). VMCOREINFO gives the array's address,
// but kallsyms, vmlinux, and kernels without a0b1280368d1 the pointer's. So both are tried, the likelier one
// first.
std::vector<VirtAddr> places_of_sections(const KernelInfo& kernel, VirtAddr mem_section) {
  std::vector<VirtAddr> places{mem_section};
  const auto array = kernel.address_space().read_value<le64>(mem_section);
  if (!array) return places;
  const auto fact = kernel.facts().find("SYMBOL(mem_section)");
  const bool by_name = fact && fact->source != FactSource::vmcoreinfo;
  places.insert(by_name ? places.begin() : places.end(), VirtAddr(*array));
  return places;
}

bool is_plausible(const std::vector<MemMapRange>& ranges, const AddressSpace& address_space) {
  return std::ranges::any_of(ranges, [&](const MemMapRange& range) {
    return range.first != kUnknownPlace && address_space.translate(range.first).has_value();
  });
}

struct FoundSections {
  VirtAddr place;  // of the array
  std::vector<MemMapRange> ranges;
};

Result<FoundSections> find_sections(const KernelInfo& kernel, const SectionLayout& layout) {
  const VirtualReader reader = TRY(kernel.address_space().reader());
  for (const VirtAddr mem_section : places_of_sections(kernel, layout.mem_section)) {
    auto ranges = read_sections(kernel, layout, SectionReader(layout, reader, mem_section));
    if (is_plausible(ranges, kernel.address_space())) return FoundSections{mem_section, std::move(ranges)};
  }
  return fail(ErrorKind::corrupt, "no struct page found: mem_section at {:#x} leads to none that is mapped",
              layout.mem_section.value());
}

}  // namespace

Result<std::vector<MemMapRange>> read_sparse_mem_map(const KernelInfo& kernel) {
  const SectionLayout layout = TRY(section_layout(kernel));
  FoundSections found = TRY(find_sections(kernel, layout));
  return std::move(found.ranges);
}

Result<std::vector<VirtRange>> read_section_tables(const KernelInfo& kernel) {
  const SectionLayout layout = TRY(section_layout(kernel));
  const FoundSections found = TRY(find_sections(kernel, layout));
  SectionReader reader(layout, TRY(kernel.address_space().reader()), found.place);
  std::vector<VirtRange> tables;
  if (const uint64_t roots = layout.roots(); roots != 0)
    tables.push_back({found.place, found.place + std::min(roots * sizeof(le64), kMaxRoots)});
  uint64_t last_group = UINT64_MAX;
  for_each_section(kernel, layout, [&](uint64_t section) {
    const uint64_t group = section / layout.group_size();
    if (std::exchange(last_group, group) == group) return;
    if (const auto table = reader.table(section)) tables.push_back(*table);
  });
  return tables;
}

}  // namespace kdump
