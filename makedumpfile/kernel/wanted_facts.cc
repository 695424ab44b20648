// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/wanted_facts.h"

namespace kdump {
namespace {

int64_t mask_of_bit(int64_t bit) { return bit >= 0 && bit < 63 ? int64_t{1} << bit : 0; }

// A page type in the top byte of _mapcount, which VMCOREINFO gives as an int.
int64_t in_top_byte(int64_t type) { return static_cast<int32_t>(static_cast<uint32_t>(type) << 24); }

// A page type that is a cleared bit of _mapcount, likewise.
int64_t cleared_bit(int64_t type) { return static_cast<int32_t>(~static_cast<uint32_t>(type)); }

// A new fact = a row here. Its key is spelled as VMCOREINFO spells it, or would; a SYMBOL, SIZE, OFFSET or
// LENGTH row needs no more where the key names the place. A NUMBER row names an enumerator and its enum (see
// include/linux/… of the kernel: BTF has no macros, those are inferred.cc's). A member that was renamed gets
// a row for each name, under the key that VMCOREINFO has for it. A shape that changed gets a row for each
// shape, with the kernel commit.
constexpr WantedFact kWanted[] = {
    // What the other providers start from (include/asm-generic/vmlinux.lds.h).
    {"SYMBOL(__start_BTF)"},
    {"SYMBOL(__stop_BTF)"},

    // The kernel itself: include/linux/utsname.h.
    {"SYMBOL(init_uts_ns)"},
    {"OFFSET(uts_namespace.name)"},

    // The kernel image (include/asm-generic/sections.h), to be kept whole.
    {"SYMBOL(_text)"},
    {"SYMBOL(_stext)"},
    {"SYMBOL(_etext)"},
    {"SYMBOL(__start_rodata)"},
    {"SYMBOL(__end_rodata)"},
    {"SYMBOL(_sdata)"},
    {"SYMBOL(__init_begin)"},
    {"SYMBOL(__init_end)"},
    {"SYMBOL(_end)"},
    // Parts of it that are freed after boot (arch/x86/kernel/vmlinux.lds.S, arch/x86/kernel/setup.c).
    {"SYMBOL(__smp_locks)"},
    {"SYMBOL(__smp_locks_end)"},
    {"SYMBOL(__start_bss_decrypted_unused)"},
    {"SYMBOL(__end_bss_decrypted)"},
    {"SYMBOL(__brk_base)"},
    {"SYMBOL(_brk_end)"},

    // CPUs: mm/percpu.c, arch/x86/kernel/setup_percpu.c.
    {"SYMBOL(__per_cpu_start)"},
    {"SYMBOL(__per_cpu_end)"},
    {"SYMBOL(__per_cpu_offset)"},
    {"SYMBOL(pcpu_base_addr)"},
    {"SYMBOL(pcpu_unit_size)"},
    {"SYMBOL(pcpu_first_chunk)"},
    {"OFFSET(pcpu_chunk.base_addr)"},
    {"OFFSET(pcpu_chunk.nr_pages)"},
    {"SYMBOL(nr_cpu_ids)"},
    // Their tasks: a per-CPU variable, from 6.2 (e57ef2ed97c1) to 6.14 a member of one.
    {"SYMBOL(current_task)"},
    {"SYMBOL(pcpu_hot)"},
    {"OFFSET(pcpu_hot.current_task)"},
    {"SIZE(task_struct)"},
    {"OFFSET(task_struct.stack)"},
    {"SIZE(thread_union)"},
    // The first task's stack (include/asm-generic/vmlinux.lds.h), by its names since and before 6.10.
    {"SYMBOL(__start_init_stack)"},
    {"SYMBOL(__end_init_stack)"},
    {"SYMBOL(__start_init_task)"},
    {"SYMBOL(__end_init_task)"},

    // Page tables. swapper_pg_dir is a macro for init_top_pgt on x86_64.
    {"SYMBOL(init_top_pgt)"},
    {"SYMBOL(swapper_pg_dir)"},

    // Where struct pages are: mm/sparse.c, include/linux/mmzone.h. kallsyms has the address of the variable
    // mem_section, a pointer since 83e3c48729d9 (4.15), VMCOREINFO its value.
    {"SYMBOL(mem_section)"},
    {"SYMBOL(mem_map)"},
    {"SYMBOL(vmemmap)"},
    {"SYMBOL(vmemmap_base)"},
    {"SYMBOL(page_offset_base)"},
    {"SYMBOL(vmalloc_base)"},
    {"SIZE(mem_section)"},
    {"OFFSET(mem_section.section_mem_map)"},

    // struct page: include/linux/mm_types.h.
    {"SIZE(page)"},
    {"SIZE(pageflags)"},
    {"OFFSET(page.flags)"},
    {"OFFSET(page._refcount)"},
    {"OFFSET(page.mapping)"},
    {"OFFSET(page.lru)"},
    {"OFFSET(page._mapcount)"},
    {"OFFSET(page.page_type)"},  // since 6e292b9be7f4 (4.18), in the same place
    {"OFFSET(page.private)"},
    {"OFFSET(page.compound_dtor)"},
    {"OFFSET(page.compound_order)"},
    {"OFFSET(page.compound_head)"},
    {"OFFSET(page.compound_info)"},  // since 7.1, in its place
    {"OFFSET(folio._folio_dtor)"},   // 6.3 to 6.5, in the place of compound_dtor and compound_order
    {"OFFSET(folio._folio_order)"},

    // Flags: include/linux/page-flags.h.
    {"NUMBER(PG_lru)", "pageflags.PG_lru"},
    {"NUMBER(PG_private)", "pageflags.PG_private"},
    {"NUMBER(PG_reserved)", "pageflags.PG_reserved"},
    {"NUMBER(PG_swapcache)", "pageflags.PG_swapcache"},
    {"NUMBER(PG_swapbacked)", "pageflags.PG_swapbacked"},
    {"NUMBER(PG_slab)", "pageflags.PG_slab"},
    {"NUMBER(PG_hwpoison)", "pageflags.PG_hwpoison"},
    {"NUMBER(PG_hugetlb)", "pageflags.PG_hugetlb"},  // 6.6 to 6.8, of the second page
    {"NUMBER(PG_head_mask)", "pageflags.PG_head", mask_of_bit},

    // Page types: values of _mapcount. Numbers in the top byte since 4ffca5a96678 (6.12), before that bits,
    // of
    // a named enum since ff202303c398 (6.10).
    {"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "pagetype.PGTY_buddy", in_top_byte},
    {"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "pagetype.PG_buddy", cleared_bit},
    {"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", "pagetype.PGTY_offline", in_top_byte},
    {"NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)", "pagetype.PG_offline", cleared_bit},
    {"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", "pagetype.PGTY_slab", in_top_byte},
    {"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", "pagetype.PG_slab", cleared_bit},
    {"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)", "pagetype.PGTY_hugetlb", in_top_byte},
    {"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)", "pagetype.PG_hugetlb", cleared_bit},
    {"NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)", "pagetype.PGTY_unaccepted", in_top_byte},
    {"NUMBER(HUGETLB_PAGE_DTOR)", "compound_dtor_id.HUGETLB_PAGE_DTOR"},  // until 6.5
    {"SYMBOL(free_huge_page)"},

    // Nodes, zones and their free lists: include/linux/mmzone.h.
    {"SYMBOL(node_data)"},
    {"SYMBOL(contig_page_data)"},
    {"SYMBOL(node_states)"},
    {"SIZE(nodemask_t)"},
    {"NUMBER(N_ONLINE)", "node_states.N_ONLINE"},
    {"SIZE(pglist_data)"},
    {"OFFSET(pglist_data.node_zones)"},
    {"OFFSET(pglist_data.nr_zones)"},
    {"OFFSET(pglist_data.node_start_pfn)"},
    {"OFFSET(pglist_data.node_spanned_pages)"},
    {"OFFSET(pglist_data.node_id)"},
    {"OFFSET(pglist_data.vm_stat)"},
    {"SIZE(zone)"},
    {"OFFSET(zone.free_area)"},
    {"OFFSET(zone.vm_stat)"},
    {"OFFSET(zone.spanned_pages)"},
    {"LENGTH(zone.free_area)"},
    {"SIZE(free_area)"},
    {"OFFSET(free_area.free_list)"},
    {"LENGTH(free_area.free_list)"},
    {"SIZE(list_head)"},
    {"OFFSET(list_head.next)"},
    {"OFFSET(list_head.prev)"},

    // Counters to hold the classified pages against: mm/vmstat.c.
    {"SYMBOL(vm_zone_stat)"},
    {"SYMBOL(vm_node_stat)"},
    {"NUMBER(NR_FREE_PAGES)", "zone_stat_item.NR_FREE_PAGES"},
    {"NUMBER(NR_FILE_PAGES)", "node_stat_item.NR_FILE_PAGES"},
    {"NUMBER(NR_ANON_MAPPED)", "node_stat_item.NR_ANON_MAPPED"},
    {"NUMBER(NR_SHMEM)", "node_stat_item.NR_SHMEM"},
    {"NUMBER(NR_INACTIVE_ANON)", "node_stat_item.NR_INACTIVE_ANON"},
    {"NUMBER(NR_ACTIVE_ANON)", "node_stat_item.NR_ACTIVE_ANON"},
    {"NUMBER(NR_INACTIVE_FILE)", "node_stat_item.NR_INACTIVE_FILE"},
    {"NUMBER(NR_ACTIVE_FILE)", "node_stat_item.NR_ACTIVE_FILE"},
    {"NUMBER(NR_UNEVICTABLE)", "node_stat_item.NR_UNEVICTABLE"},
    {"NUMBER(NR_ISOLATED_ANON)", "node_stat_item.NR_ISOLATED_ANON"},
    {"SYMBOL(num_poisoned_pages)"},  // mm/memory-failure.c
    // Hugetlb pages of each size: mm/hugetlb.c, include/linux/hugetlb.h.
    {"SYMBOL(hstates)"},
    {"SYMBOL(hugetlb_max_hstate)"},
    {"SIZE(hstate)"},
    {"OFFSET(hstate.order)"},
    {"OFFSET(hstate.nr_huge_pages)"},

    // The log before 5.10: kernel/printk/printk.c.
    {"SYMBOL(log_buf)"},
    {"SYMBOL(log_buf_len)"},
    {"SYMBOL(log_first_idx)"},
    {"SYMBOL(log_next_idx)"},
    {"SYMBOL(clear_idx)"},
    {"SIZE(printk_log)"},
    {"OFFSET(printk_log.ts_nsec)"},
    {"OFFSET(printk_log.len)"},
    {"OFFSET(printk_log.text_len)"},
    {"OFFSET(printk_log.caller_id)"},  // since 15ff2069cb7f (5.1), with CONFIG_PRINTK_CALLER
    // Before 3.5.
    {"SYMBOL(log_end)"},
    {"SYMBOL(logged_chars)"},
    // The log: kernel/printk/printk_ringbuffer.h.
    {"SYMBOL(clear_seq)"},
    {"SIZE(latched_seq)"},
    {"OFFSET(latched_seq.val)"},
    {"SYMBOL(prb)"},
    {"SIZE(printk_ringbuffer)"},
    {"OFFSET(printk_ringbuffer.desc_ring)"},
    {"OFFSET(printk_ringbuffer.text_data_ring)"},
    {"OFFSET(printk_ringbuffer.fail)"},
    {"SIZE(prb_desc_ring)"},
    {"OFFSET(prb_desc_ring.count_bits)"},
    {"OFFSET(prb_desc_ring.descs)"},
    {"OFFSET(prb_desc_ring.infos)"},
    {"OFFSET(prb_desc_ring.head_id)"},
    {"OFFSET(prb_desc_ring.tail_id)"},
    {"SIZE(prb_desc)"},
    {"OFFSET(prb_desc.state_var)"},
    {"OFFSET(prb_desc.text_blk_lpos)"},
    {"SIZE(prb_data_blk_lpos)"},
    {"OFFSET(prb_data_blk_lpos.begin)"},
    {"OFFSET(prb_data_blk_lpos.next)"},
    {"SIZE(printk_info)"},
    {"OFFSET(printk_info.seq)"},
    {"OFFSET(printk_info.ts_nsec)"},
    {"OFFSET(printk_info.text_len)"},
    {"OFFSET(printk_info.caller_id)"},
    {"OFFSET(printk_info.dev_info)"},
    {"SIZE(dev_printk_info)"},
    {"OFFSET(dev_printk_info.subsystem)"},
    {"LENGTH(printk_info_subsystem)", "dev_printk_info.subsystem"},
    {"OFFSET(dev_printk_info.device)"},
    {"LENGTH(printk_info_device)", "dev_printk_info.device"},
    {"SIZE(prb_data_ring)"},
    {"OFFSET(prb_data_ring.size_bits)"},
    {"OFFSET(prb_data_ring.data)"},
    {"OFFSET(prb_data_ring.head_lpos)"},
    {"OFFSET(prb_data_ring.tail_lpos)"},
    {"SIZE(atomic_long_t)"},
    {"OFFSET(atomic_long_t.counter)"},
};

struct KindName {
  std::string_view word;
  FactKind kind;
};

constexpr KindName kKinds[] = {{"SYMBOL(", FactKind::symbol},
                               {"SIZE(", FactKind::size},
                               {"OFFSET(", FactKind::offset},
                               {"LENGTH(", FactKind::length},
                               {"NUMBER(", FactKind::number}};

std::string_view inside_parentheses(std::string_view key) {
  const size_t open = key.find('(');
  return open == std::string_view::npos ? key : key.substr(open + 1, key.rfind(')') - open - 1);
}

}  // namespace

std::span<const WantedFact> wanted_facts() { return kWanted; }

std::optional<FactKind> kind_of(std::string_view key) {
  for (const KindName& row : kKinds)
    if (key.starts_with(row.word) && key.ends_with(')')) return row.kind;
  return std::nullopt;
}

FactPlace place_of(const WantedFact& wanted) {
  const FactKind kind = kind_of(wanted.key).value_or(FactKind::symbol);
  const std::string_view place = wanted.place.empty() ? inside_parentheses(wanted.key) : wanted.place;
  if (kind == FactKind::symbol) return {kind, {}, place};
  const size_t dot = place.find('.');
  if (dot == std::string_view::npos) return {kind, place, {}};
  return {kind, place.substr(0, dot), place.substr(dot + 1)};
}

}  // namespace kdump
